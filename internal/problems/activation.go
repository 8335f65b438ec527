package problems

import (
	"math"
	"math/rand/v2"

	"opttui/internal/kernel"
)

// Activation is the non-linearity σ of hidden units.
type Activation int

const (
	// Tanh is σ(z) = tanh z.
	Tanh Activation = iota
	// ReLU is σ(z) = max(0, z), with σ′(0) = 0 and σ″ = 0 (Nair & Hinton 2010).
	ReLU
	// GELU is σ(z) = zΦ(z) with the normal distribution function Φ (Hendrycks & Gimpel 2016).
	GELU
)

// activations are their names as choices of a knob.
var activations = []string{"tanh", "relu", "gelu"}

// activate replaces every z by σ(z). Unless they are nil it writes σ′(z) to slope, and σ″(z) to bend, which only goes with
// a slope. NaN stays NaN.
func activate[T kernel.Float](act Activation, z, slope, bend []T) {
	switch act {
	case Tanh:
		kernel.Tanh(z, slope)
		bendTanh(bend, z, slope)
	case ReLU:
		kernel.ReLU(z, slope)
		clear(bend)
	case GELU:
		gelu(z, slope, bend)
	}
}

// bendTanh writes σ″ = −2σσ′.
func bendTanh[T kernel.Float](bend, a, slope []T) {
	for i := range bend {
		bend[i] = -2 * a[i] * slope[i]
	}
}

func gelu[T kernel.Float](z, slope, bend []T) {
	for i := range z {
		v := float64(z[i])
		cdf := math.Erfc(-v/math.Sqrt2) / 2
		z[i] = T(v * cdf)
		if slope == nil {
			continue
		}
		density := math.Exp(-v*v/2) / math.Sqrt(2*math.Pi)
		slope[i] = T(cdf + v*density)
		if bend != nil {
			bend[i] = T(density * (2 - v*v))
		}
	}
}

// Initialization is the distribution of the weights of hidden units at the start.
type Initialization int

const (
	// Auto is Glorot for tanh and He for the other activations, which are silent on one side.
	Auto Initialization = iota
	// Glorot is uniform in ±√(6/(in+out)), so that signals and gradients neither grow nor fade from layer to layer
	// (Glorot & Bengio 2010, eq. 16).
	Glorot
	// He is normal with variance 2/in (He et al. 2015, eq. 10).
	He
)

var initializations = []string{"auto", "glorot", "he"}

// draw returns one weight of a layer.
func (init Initialization) draw(rng *rand.Rand, act Activation, in, out int) float64 {
	if init == Glorot || init == Auto && act == Tanh {
		return math.Sqrt(6/float64(in+out)) * (2*rng.Float64() - 1)
	}
	return math.Sqrt(2/float64(in)) * rng.NormFloat64()
}
