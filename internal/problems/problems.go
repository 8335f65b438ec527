// Package problems supplies the functions to minimise: two-dimensional landscapes and real models on real
// data, each with exact derivatives. It knows nothing of optimizers.
package problems

import (
	"cmp"
	"slices"
	"strings"

	"opttui/internal/dataset"
	"opttui/internal/knob"
	"opttui/internal/usage"
)

// Problem is a function of n variables with its exact gradient. An instance holds scratch memory and its
// knobs' values, so it belongs to one goroutine; Clone makes another one. Slices have length Dim.
type Problem interface {
	Dim() int
	// Start returns a new slice with the default starting point. Only models with random initial weights
	// look at the seed.
	Start(seed uint64) []float64
	// Value returns f(x), over all data where there are data.
	Value(x []float64) float64
	// Gradient writes ∇f(x) to g and returns f(x).
	Gradient(x, g []float64) float64
	// Knobs returns the problem's parameters (condition number …), bound to this instance.
	Knobs() []knob.Knob
	// Clone returns an independent instance that shares only read-only data.
	Clone() Problem
}

// Hessianer is a problem with an exact Hessian.
type Hessianer interface {
	// Hessian writes the n×n matrix ∇²f(x) to h, row by row.
	Hessian(x, h []float64)
}

// HessianVector is a problem with exact Hessian–vector products, which cost a few gradients whatever the dimension.
type HessianVector interface {
	// HessVec writes ∇²f(x)·v to hv. The three do not overlap.
	HessVec(x, v, hv []float64)
}

// SampledHessianVector is a mean over samples with exact Hessian–vector products on a minibatch.
type SampledHessianVector interface {
	HessianVector
	// HessVecOn writes the product with the Hessian of the mean loss over the samples with the given indices.
	HessVecOn(batch []int, x, v, hv []float64)
}

// Sizes of dense matrices that are offered to rules: beyond them they would cost too much memory and time.
const (
	mostHessian  = 1 << 20 // numbers in a Hessian: 1 024 parameters
	mostJacobian = 1 << 22 // numbers in a Jacobian
)

// HessianOf returns the problem as one with a Hessian, if it has one and that is not too large.
func HessianOf(p Problem) (Hessianer, bool) {
	h, ok := p.(Hessianer)
	n := p.Dim()
	return h, ok && n*n <= mostHessian
}

// LeastSquaresOf returns the problem as a sum of squares, if it is one and its Jacobian is not too large.
func LeastSquaresOf(p Problem) (LeastSquares, bool) {
	l, ok := p.(LeastSquares)
	return l, ok && l.Residuals()*p.Dim() <= mostJacobian
}

// LeastSquares is a problem of the form f = ½‖r‖².
type LeastSquares interface {
	// Residuals returns the number m of residuals.
	Residuals() int
	// Residual writes r(x), of length m, to r.
	Residual(x, r []float64)
	// Jacobian writes the m×n matrix ∂r/∂x to j, row by row.
	Jacobian(x, j []float64)
}

// Sampled is a mean over samples, of which a minibatch can be taken.
type Sampled interface {
	// Samples returns the number of training samples.
	Samples() int
	// GradientOn writes the gradient of the mean loss over the samples with the given indices to g and
	// returns that mean loss.
	GradientOn(batch []int, x, g []float64) float64
	// ValueOn returns the mean loss over the samples with the given indices.
	ValueOn(batch []int, x []float64) float64
}

// Score is how a model does on its training data and on data held out from it.
type Score struct {
	// Losses are means over samples without penalties on weights. Accuracies are shares from 0 to 1 (R² is below 0 where
	// the mean would be a better guess), NaN where there is none.
	TrainLoss, TrainAccuracy float64
	TestLoss, TestAccuracy   float64
}

// Scored is a model that can be judged on held-out data.
type Scored interface {
	Score(x []float64) Score
	// Measure names what the scores call accuracy: "accuracy", the share of samples that are classified right, or
	// "R²", the share of the variance that is explained.
	Measure() string
}

// Block is one matrix or vector among the parameters: x[Offset : Offset+Rows*Cols], row by row.
type Block struct {
	Name       string
	Offset     int
	Rows, Cols int
}

// Blocked is a model whose parameters are matrices.
type Blocked interface {
	Blocks() []Block
}

// Picture says which parameters make an image when they are laid out in rows: x[Offset], x[Offset+Stride], …
type Picture struct {
	Name           string
	W, H           int
	Offset, Stride int
}

// Depicted is a model some of whose parameters can be looked at as images.
type Depicted interface {
	Pictures() []Picture
}

// Minimum is a known minimiser.
type Minimum struct {
	X      []float64
	F      float64
	Global bool
}

// Spec describes a problem for pickers, help and documentation, and makes it.
type Spec struct {
	Name    string // as on the command line: "six_hump_camel"
	Title   string // as in a heading: "Six-hump camel"
	Kind    string // one line on what makes it interesting
	Formula string
	Source  string
	Domain  [][2]float64 // interval of each coordinate that is usually shown; nil for models
	View    [][2]float64 // part of the domain that shows what matters; nil for all of it
	Minima  []Minimum    // known minima inside the domain, the global ones first
	// Rate is a learning rate at which plain gradient descent makes good progress from the default start
	// without oscillating: about half of 1/λmax along its path. The screen starts with it. 0 where nobody has
	// measured it; see UsualRate.
	Rate float64
	// Batch is the usual minibatch size of a model, 0 for all samples.
	Batch int
	New   func() Problem

	data *dataset.Dataset // of a model on the user's data
}

// Shown returns the interval of each coordinate that is shown at first: the view, or else the whole domain; nil for
// models.
func (s Spec) Shown() [][2]float64 {
	if s.View != nil {
		return s.View
	}
	return s.Domain
}

var specs []Spec

// Register adds a problem. It is called from the init function of the problem's file.
func Register(s Spec) { specs = append(specs, s) }

// All returns every problem: landscapes by name, then models by name.
func All() []Spec {
	all := slices.Clone(specs)
	slices.SortFunc(all, func(a, b Spec) int { return cmp.Compare(a.Name, b.Name) })
	return append(all, modelSpecs()...)
}

// Names lists the names of all problems.
func Names() []string {
	var names []string
	for _, s := range All() {
		names = append(names, s.Name)
	}
	return names
}

// Find returns the problem of that name: a registered one, or a model on embedded data, as in "digits/mlp:64,32". The
// error is a *usage.Error.
func Find(name string) (Spec, error) {
	if i := slices.IndexFunc(specs, func(s Spec) bool { return s.Name == name }); i >= 0 {
		return specs[i], nil
	}
	data, model, _ := strings.Cut(name, "/")
	for _, info := range dataset.Embedded() {
		if info.Name == data {
			return embeddedSpec(info, model)
		}
	}
	return Spec{}, usage.Unknown("problem", name, Names())
}

// Ref says which problem is meant in a form that can be written down. A problem of the user's own brings its file or
// its formula along.
type Ref struct {
	Name    string        // as Find takes it, or OwnData with or without a model, or OwnFormula
	File    *dataset.File // of OwnData
	Formula *Formula      // of OwnFormula
}

// Names of the user's own problems.
const (
	OwnData    = "data" // as in "data/mlp:64,32"
	OwnFormula = "formula"
)

// Resolve returns the problem that is meant. Errors are *usage.Error, but for files that cannot be read.
func (r Ref) Resolve() (Spec, error) { return r.ResolveWith(nil) }

// ResolveWith is Resolve, and tells progress how many bytes of a file have been read.
func (r Ref) ResolveWith(progress func(done, total int64)) (Spec, error) {
	data, model, _ := strings.Cut(r.Name, "/")
	switch {
	case data == OwnData && r.File != nil:
		file := *r.File
		if file.As == "" {
			file.As = targetOf(model)
		}
		d, err := dataset.LoadWith(file, progress)
		if err != nil {
			return Spec{}, err
		}
		s, err := modelSpec(d.Info, func() *dataset.Dataset { return d }, model)
		s.data = d
		return s, err
	case r.Name == OwnFormula && r.Formula != nil:
		return r.Formula.Spec()
	default:
		return Find(r.Name)
	}
}
