package problems

import (
	"fmt"

	"opttui/internal/dataset"
)

func init() {
	RegisterFamily(Family{
		Name: "logistic", Title: "logistic regression", Kind: "convex",
		Formula: always("(1/m) Σᵢ ln(1 + exp(−sᵢ (xᵢ w + b))), sᵢ = −1 or 1"),
		Source:  "Bishop 2006, § 4.3.2; Goodfellow, Bengio & Courville 2016, § 6.2.2.2",
		For: func(classes int) (why string) {
			if classes > 2 {
				return fmt.Sprintf("it tells two classes apart, and there are %d", classes)
			}
			return classesOnly(classes)
		},
		New: func(d *dataset.Dataset, _ []int) Problem { return Logistic(d) },
	})
}

// Logistic returns the logistic regression on data of two classes: p = 1/(1+exp(−(xw+b))) is the probability of the
// second one. Its parameters are the weights w, one a feature, then b; they start at zero.
func Logistic(d *dataset.Dataset) Problem {
	return withHessian(newNetwork(d, logisticHead{}, nil, Tanh))
}
