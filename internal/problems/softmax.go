package problems

import "opttui/internal/dataset"

func init() {
	RegisterFamily(Family{
		Name: "softmax", Title: "softmax regression", Kind: "convex",
		Formula: always("−(1/m) Σᵢ ln softmax(xᵢ W + b)[yᵢ]"),
		Source:  "Bishop 2006, § 4.3.4; Goodfellow, Bengio & Courville 2016, § 6.2.2.3",
		For:     classesOnly,
		New:     func(d *dataset.Dataset, _ []int) Problem { return Softmax(d) },
	})
}

// classesOnly is the For of models of which the target must be one of several classes.
func classesOnly(classes int) (why string) {
	if classes == 0 {
		return "its target is a number, not one of several classes"
	}
	return ""
}

// Softmax returns the multinomial logistic regression on the data. Its parameters are the weights W
// (features × classes) row by row, then the bias b; they start at zero.
func Softmax(d *dataset.Dataset) Problem {
	return withHessian(newNetwork(d, softmaxHead{classes: len(d.Classes)}, nil, Tanh))
}
