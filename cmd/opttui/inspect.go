package main

import (
	"bufio"
	"math"

	"github.com/spf13/cobra"

	"opttui/internal/curvature"
	"opttui/internal/knob"
	"opttui/internal/optim"
	"opttui/internal/train"
)

func inspectCommand() *cobra.Command {
	var (
		spec                    specFlags
		at, tolerance, momentum string
		asJSON                  bool
	)
	cmd := &cobra.Command{
		Use:   "inspect",
		Short: "Show gradient, curvature and kind of a point",
		Long: `Show how a problem's loss over all data bends at a point: gradient, Hessian, its eigenvalues and eigenvectors, the
condition number, the curvature along the gradient with the best step of gradient descent, what kind of critical point
it is or would be by the signs of the eigenvalues, and above which learning rates gradient descent and its momentum
forms are unstable there.

Up to 128 parameters, all eigenvalues are shown; of larger models the largest and the smallest. See docs/curvature.md.`,
		Example: `  opttui inspect --problem rosenbrock --at 1,1
  opttui inspect --problem monkey_saddle --at 0,0 --json | jq .class
  opttui inspect --expr 'x^4 + a*x*y + y^2' --set a=0.5 --at 1,2
  opttui inspect --problem digits/mlp --seed 3`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	spec.addProblem(cmd)
	fs := cmd.Flags()
	fs.StringVar(&at, "at", "", "`point` to look at, as in --at=-1.2,1 (default: the problem's start)")
	fs.StringVar(&tolerance, "tolerance", "1e-6", "`length` of the gradient up to which a point is critical")
	fs.StringVar(&momentum, "momentum", "0.9", "momentum `alpha` of the limits")
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	completeNothing(cmd, "at", "tolerance", "momentum")

	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		one, err := oneSpec(&spec, fs, "opttui inspect")
		if err != nil {
			return err
		}
		one.Batch = 0
		if fs.Changed("at") {
			if one.Start, err = parsePoint("at", at); err != nil {
				return err
			}
		}
		var m curvature.Measurer
		if m.Tolerance, err = parseNumber("tolerance", tolerance, 1e-300, 1e300); err != nil {
			return err
		}
		alpha, err := parseNumber("momentum", momentum, 0, math.Nextafter(1, 0))
		if err != nil {
			return err
		}
		run, err := train.New(one)
		if err != nil {
			return err
		}
		probe := run.Probe()
		i := newInspection(one.Problem, probe, m.Measure(probe), alpha)
		i.tolerance = m.Tolerance
		out := bufio.NewWriter(cmd.OutOrStdout())
		if asJSON {
			err = writeJSON(out, i)
		} else {
			err = i.text(out)
		}
		if err != nil {
			return err
		}
		return out.Flush()
	}
	return cmd
}

// inspection is what is known of a point. Numbers that are not known, or not finite, are null.
type inspection struct {
	Problem      string     `json:"problem"`
	X            []number   `json:"x"`
	Loss         number     `json:"loss"`
	Gradient     []number   `json:"gradient"`
	GradNorm     number     `json:"grad_norm"`
	Hessian      [][]number `json:"hessian"` // null where there are too many parameters
	Values       []number   `json:"eigenvalues"`
	Vectors      [][]number `json:"eigenvectors"`
	All          bool       `json:"all_eigenvalues"`
	LambdaMin    number     `json:"lambda_min"`
	LambdaMax    number     `json:"lambda_max"`
	ConditionNo  number     `json:"condition_number"`
	Condition    number     `json:"condition"`
	AlongGrad    number     `json:"curvature_along_gradient"`
	Along        number     `json:"curvature"`
	Optimal      number     `json:"optimal_step"`
	Definiteness *string    `json:"definiteness"`
	Class        *string    `json:"class"`
	Critical     bool       `json:"critical"`
	Distance     number     `json:"distance"`
	Momentum     number     `json:"momentum"`
	Limits       limits     `json:"limits"`

	tolerance float64
}

// limits are the rates above which the rules are unstable.
type limits struct {
	GD       number `json:"gd"`
	Momentum number `json:"momentum"`
	EWMA     number `json:"momentum_ewma"`
	Nesterov number `json:"nesterov"`
}

// mostHessian is the number of parameters up to which the Hessian is written.
const mostHessian = 128

func newInspection(problem string, p *train.Probe, r *curvature.Report, alpha float64) *inspection {
	n := len(p.X)
	g := make([]float64, n)
	p.Problem.Gradient(p.X, g)
	i := &inspection{
		Problem: problem, X: numbers(p.X), Loss: number(r.Loss), Gradient: numbers(g), GradNorm: number(r.Norm),
		Values: numbers(r.Values), All: r.Exact, LambdaMin: number(r.Min()), LambdaMax: number(r.Max()),
		ConditionNo: number(r.Condition), Condition: number(r.Condition),
		AlongGrad: number(r.Along), Along: number(r.Along), Optimal: number(math.NaN()),
		Definiteness: word(r.Definiteness()), Class: word(string(r.Class)), Critical: r.Critical,
		Distance: number(r.Distance), Momentum: number(alpha), Limits: limitsAt(r.Max(), alpha),
	}
	if r.Along > 0 {
		i.Optimal = number(1 / r.Along)
	}
	for _, v := range r.Vectors {
		i.Vectors = append(i.Vectors, numbers(v))
	}
	if h := curvature.HessianAt(p.Problem, p.X, mostHessian); h != nil {
		for k := range n {
			i.Hessian = append(i.Hessian, numbers(h[k*n:(k+1)*n]))
		}
	}
	return i
}

func limitsAt(lambda, alpha float64) limits {
	limit := func(rule, form string) number {
		spec, _ := optim.Lookup(rule)
		knobs := spec.New(optim.Lecture).Knobs()
		if k, ok := knob.Find(knobs, "momentum"); ok {
			_ = k.Set(alpha) // it is in range
		}
		if k, ok := knob.Find(knobs, "form"); ok && form != "" {
			_ = k.SetText(form) // one of its choices
		}
		return number(curvature.StabilityOf(spec, knobs, 0).Rate(lambda))
	}
	return limits{limit("sgd", ""), limit("momentum", "velocity"), limit("momentum", "ewma"), limit("nesterov", "")}
}

// word is nil for "", which JSON has as null.
func word(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
