package problems

import (
	"fmt"

	"opttui/internal/dataset"
)

func init() {
	RegisterFamily(Family{
		Name: "mlp", Title: "neural network", Kind: "not convex",
		Formula: func(classes int, hidden []int) string {
			z := layersFormula(len(hidden))
			if classes == 0 {
				return "(1/2m) Σᵢ (" + z + " − tᵢ)²"
			}
			return "−(1/m) Σᵢ ln softmax(" + z + ")[yᵢ]"
		},
		Source:  "Goodfellow, Bengio & Courville 2016, ch. 6; start: Glorot & Bengio 2010, eq. 16, He et al. 2015, eq. 10",
		Sizes:   "the units of 1 to 3 hidden layers",
		Default: []int{32}, Most: 3, Example: "64,32",
		For: anything,
		New: func(d *dataset.Dataset, sizes []int) Problem { return MLP(d, sizes, Tanh) },
	})
	RegisterFamily(Family{
		Name: "autoencoder", Title: "autoencoder", Kind: "a network that learns its own input through a bottleneck",
		Formula: func(_ int, hidden []int) string {
			return "(1/2m) Σᵢ ‖" + layersFormula(len(hidden)) + " − xᵢ‖²"
		},
		Source:  "Hinton & Salakhutdinov 2006; Goodfellow, Bengio & Courville 2016, ch. 14",
		Sizes:   "the units of 1 to 3 hidden layers",
		Default: []int{16}, Most: 3, Example: "64,8,64",
		For: anything,
		New: func(d *dataset.Dataset, sizes []int) Problem { return Autoencoder(d, sizes, Tanh) },
	})
}

// anything is the For of models that fit all targets.
func anything(int) (why string) { return "" }

// layersFormula is the output of a network with so many hidden layers.
func layersFormula(hidden int) string {
	z := "xᵢ W1 + b1"
	for i := range hidden {
		z = fmt.Sprintf("σ(%s) W%d + b%d", z, i+2, i+2)
	}
	return z
}

// MLP returns the network with fully connected hidden layers of the given sizes that predicts the class, with the loss
// of softmax regression, or the number, with the squared loss ½(z − t)². Its parameters are W1 (features × first hidden
// layer) row by row, b1, W2, b2, … They start at random, except the biases, which start at zero.
func MLP(d *dataset.Dataset, hidden []int, act Activation) Problem {
	if d.Numeric() {
		return withHessian(newRegression(d, hidden, act))
	}
	return withHessian(newNetwork(d, softmaxHead{classes: len(d.Classes)}, hidden, act))
}

// Autoencoder returns the network with fully connected hidden layers of the given sizes that reproduces its input, with
// the loss ½‖x̂ − x‖². Parameters are as in MLP.
func Autoencoder(d *dataset.Dataset, hidden []int, act Activation) Problem {
	return withHessian(newNetwork(d, newSquaredHead(d, true), hidden, act))
}
