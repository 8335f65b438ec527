package problems

import (
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"opttui/internal/dataset"
	"opttui/internal/usage"
)

// descend returns where gradient descent from the start ends.
func descend(p Problem, rate float64, steps int) []float64 {
	x, g := p.Start(0), make([]float64, p.Dim())
	for range steps {
		p.Gradient(x, g)
		floats.AddScaled(x, -rate, g)
	}
	return x
}

// newton returns the start after a few Newton steps, which is the minimum of a convex function near it.
func newton(t *testing.T, p Problem, steps int) []float64 {
	t.Helper()
	n := p.Dim()
	x, g, h := p.Start(0), make([]float64, n), make([]float64, n*n)
	for range steps {
		p.Gradient(x, g)
		p.(Hessianer).Hessian(x, h)
		var step mat.VecDense
		if err := step.SolveVec(mat.NewDense(n, n, h), mat.NewVecDense(n, g)); err != nil {
			t.Fatal(err)
		}
		floats.Sub(x, step.RawVector().Data)
	}
	return x
}

// TestLinearRegression: one Newton step leads to the solution that a QR decomposition of (X, 1) gives, with the penalty
// to that of the extended matrix, and the measure is R² on both parts of the data.
func TestLinearRegression(t *testing.T) {
	d := dataset.Open("diabetes")
	m, n := d.Train.Len(), len(d.Features)
	for name, l2 := range map[string]float64{"diabetes": 0, "diabetes/ridge": defaultL2} {
		s, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		a, b := mat.NewDense(m+n, n+1, nil), mat.NewVecDense(m+n, nil)
		for i := range m {
			a.SetRow(i, append(append([]float64{}, d.Train.Row(i)...), 1))
			b.SetVec(i, d.Train.T[i])
		}
		for k := range n {
			a.Set(m+k, k, math.Sqrt(l2*float64(m)))
		}
		var want mat.VecDense
		var qr mat.QR
		qr.Factorize(a)
		if err := qr.SolveVecTo(&want, false, b); err != nil {
			t.Fatal(err)
		}
		p := s.New()
		x := newton(t, p, 1)
		if !near(x, want.RawVector().Data, 1e-10) {
			t.Errorf("%s: the minimum is at %v, QR gives %v", name, x, want.RawVector().Data)
		}
		sc := p.(Scored).Score(x)
		for part, got := range map[*dataset.Samples][2]float64{&d.Train: {sc.TrainLoss, sc.TrainAccuracy}, &d.Test: {sc.TestLoss, sc.TestAccuracy}} {
			mean, left, total := floats.Sum(part.T)/float64(part.Len()), 0.0, 0.0
			for i, v := range part.T {
				e := floats.Dot(part.Row(i), x[:n]) + x[n] - v
				left += e * e
				total += (v - mean) * (v - mean)
			}
			if !near(got[:], []float64{left / 2 / float64(part.Len()), 1 - left/total}, 1e-12) {
				t.Errorf("%s: loss and R² are %v, want %v and %v", name, got, left/2/float64(part.Len()), 1-left/total)
			}
		}
		if penalty := l2 / 2 * floats.Dot(x[:n], x[:n]); math.Abs(p.Value(x)-sc.TrainLoss-penalty) > 1e-14 {
			t.Errorf("%s: the value is %v, the loss %v, the penalty %v", name, p.Value(x), sc.TrainLoss, penalty)
		}
		if sc.TestAccuracy < 0.4 || p.(Scored).Measure() != "R²" {
			t.Errorf("%s: %s %+v", name, p.(Scored).Measure(), sc)
		}
	}
}

// TestLogisticIsSoftmaxOfTwo: with the logits 0 and z, softmax regression is logistic regression.
func TestLogisticIsSoftmaxOfTwo(t *testing.T) {
	d := dataset.Open("breast_cancer")
	p, q := Logistic(d), Softmax(d)
	x := someWeights(p)
	wide := func(x []float64) []float64 {
		y := make([]float64, 2*len(x))
		for i, v := range x {
			y[2*i+1] = v
		}
		return y
	}
	g, h, hv, hw := make([]float64, len(x)), make([]float64, 2*len(x)), make([]float64, len(x)), make([]float64, 2*len(x))
	v := direction(len(x), 1)
	fp, fq := p.Gradient(x, g), q.Gradient(wide(x), h)
	p.(HessianVector).HessVec(x, v, hv)
	q.(HessianVector).HessVec(wide(x), wide(v), hw)
	odd := func(y []float64) (z []float64) {
		for i := 1; i < len(y); i += 2 {
			z = append(z, y[i])
		}
		return z
	}
	if !near([]float64{fp}, []float64{fq}, 1e-13) || !near(g, odd(h), 1e-12) || !near(hv, odd(hw), 1e-12) {
		t.Errorf("f %v and %v, gradients\n%v\n%v, products\n%v\n%v", fp, fq, g, odd(h), hv, odd(hw))
	}
	a, b := p.(Scored).Score(x), q.(Scored).Score(wide(x))
	if a.TrainAccuracy != b.TrainAccuracy || a.TestAccuracy != b.TestAccuracy || p.(Scored).Measure() != "accuracy" {
		t.Errorf("scores %+v and %+v", a, b)
	}
}

func TestLogisticIsStable(t *testing.T) {
	d := &dataset.Dataset{Features: []string{"x"}, Classes: []string{"a", "b"}, Train: dataset.Samples{X: []float64{1}, Y: []int{1}}}
	p := Logistic(d)
	g, hv := make([]float64, 2), make([]float64, 2)
	for _, c := range []struct{ z, loss, slope, curvature float64 }{
		{0, math.Ln2, -0.5, 0.25},
		{1, 0.31326168751822286, -0.2689414213699951, 0.19661193324148185},
		{50, 1.9287498479639178e-22, -1.9287498479639178e-22, 1.9287498479639178e-22},
		{700, 9.859676543759770e-305, -9.859676543759770e-305, 9.859676543759770e-305},
		{1e5, 0, 0, 0},
		{-700, 700, -1, 0},
		{-1e308, 1e308, -1, 0},
	} {
		x := []float64{c.z, 0}
		f := p.Gradient(x, g)
		p.(HessianVector).HessVec(x, []float64{0, 1}, hv)
		if math.Abs(f-c.loss) > 1e-12*c.loss || math.Abs(g[1]-c.slope) > 1e-12*math.Abs(c.slope) || math.Abs(hv[1]-c.curvature) > 1e-12*c.curvature {
			t.Errorf("z = %v: loss %v, slope %v, curvature %v, want %v, %v, %v", c.z, f, g[1], hv[1], c.loss, c.slope, c.curvature)
		}
		d.Train.Y[0] = 0 // the other class sees it from the other side
		if other := p.Gradient([]float64{-c.z, 0}, hv); other != f || hv[1] != -g[1] {
			t.Errorf("z = %v: the other class has loss %v and slope %v", -c.z, other, hv[1])
		}
		d.Train.Y[0] = 1
	}
}

// TestFactorizationSaddle: at zero the gradient vanishes, and the curvatures are ±σ/M with the singular values σ of the
// matrix of the observed entries. From there descent goes on to a fit that says something of the entries held out.
func TestFactorizationSaddle(t *testing.T) {
	d := dataset.Open("wine")
	m := Factorization(d, 2).(*factorization)
	observed := mat.NewDense(m.rows, m.columns, nil)
	for n, x := range m.train.x {
		observed.Set(int(m.train.row[n]), int(m.train.column[n]), x)
	}
	var svd mat.SVD
	if !svd.Factorize(observed, mat.SVDThin) {
		t.Fatal("no singular values")
	}
	var left, right mat.Dense
	svd.UTo(&left)
	svd.VTo(&right)
	zero, g, v, hv := make([]float64, m.Dim()), make([]float64, m.Dim()), make([]float64, m.Dim()), make([]float64, m.Dim())
	if m.Gradient(zero, g); floats.Norm(g, 2) != 0 {
		t.Errorf("at zero the gradient is %v", g)
	}
	for _, sign := range []float64{1, -1} {
		for i := range m.rows {
			v[i*m.rank] = left.At(i, 0)
		}
		for j := range m.columns {
			v[(m.rows+j)*m.rank] = sign * right.At(j, 0)
		}
		m.HessVec(zero, v, hv)
		floats.Scale(-sign*float64(m.Samples())/svd.Values(nil)[0], hv)
		if !near(hv, v, 1e-12) {
			t.Errorf("sign %v: H does not turn the leading singular vectors into −σ/M times themselves", sign)
		}
	}
	if observed, all := m.Samples(), m.rows*m.columns; len(m.test.x)+observed != all || len(m.test.x) != all/5 {
		t.Errorf("%d of %d entries are observed, %d held out", observed, all, len(m.test.x))
	}
	sc := m.Score(descend(m, 19, 300))
	if sc.TrainAccuracy < 0.55 || sc.TestAccuracy < 0.25 {
		t.Errorf("after descent %+v", sc)
	}
}

// TestAutoencoderBottleneck: no k units explain more than the first k principal components and a bit for the bends
// of tanh; trained well they come near.
func TestAutoencoderBottleneck(t *testing.T) {
	d := dataset.Open("iris")
	x := mat.NewDense(d.Train.Len(), 4, d.Train.X)
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDNone) {
		t.Fatal("no singular values")
	}
	var share [4]float64 // the features are standardised
	for k, s := range svd.Values(nil) {
		share[k] = s * s / float64(4*d.Train.Len())
	}
	p := Autoencoder(d, []int{1}, Tanh)
	sc := p.(Scored).Score(descend(p, 0.1, 2000))
	if sc.TrainAccuracy < 0.9*share[0] || sc.TrainAccuracy > share[0]+share[1] || sc.TestAccuracy < 0.6 {
		t.Errorf("one unit explains %v, the first components %v", sc, share)
	}
}

// TestUsualRates: what is estimated for a model that nobody has measured is near what was measured.
func TestUsualRates(t *testing.T) {
	for _, s := range modelSpecs() {
		if s.Rate != rates[s.Name] || s.UsualRate() != s.Rate {
			t.Errorf("%s: the rate is %v, measured is %v", s.Name, s.Rate, rates[s.Name])
		}
		if e := s.RateOf(s.New()); !(e > s.Rate/4 && e < s.Rate*2.1) {
			t.Errorf("%s: estimated is %v, measured %v", s.Name, e, s.Rate)
		}
	}
	if len(rates) != len(modelSpecs()) {
		t.Errorf("%d rates of %d models", len(rates), len(modelSpecs()))
	}
}

func TestModelNames(t *testing.T) {
	for name, want := range map[string]struct {
		name, formula string
		dim           int
	}{
		"iris/mlp:32":             {"iris/mlp", "−(1/m) Σᵢ ln softmax(σ(xᵢ W1 + b1) W2 + b2)[yᵢ]", 259},
		"iris/mlp: 8, 4":          {"iris/mlp:8,4", "−(1/m) Σᵢ ln softmax(σ(σ(xᵢ W1 + b1) W2 + b2) W3 + b3)[yᵢ]", 91},
		"diabetes/mlp:3":          {"diabetes/mlp:3", "(1/2m) Σᵢ (σ(xᵢ W1 + b1) W2 + b2 − tᵢ)²", 37},
		"diabetes/linear":         {"diabetes", "(1/2m) Σᵢ (xᵢ w + b − tᵢ)²", 11},
		"iris/autoencoder:5,2,5":  {"iris/autoencoder:5,2,5", "(1/2m) Σᵢ ‖σ(σ(σ(xᵢ W1 + b1) W2 + b2) W3 + b3) W4 + b4 − xᵢ‖²", 76},
		"digits/factorization:3":  {"digits/factorization:3", "(1/2M) Σ over observed ij of (Xᵢⱼ − uᵢ·vⱼ)²", 4506},
		"iris/factorization":      {"iris/factorization", "(1/2M) Σ over observed ij of (Xᵢⱼ − uᵢ·vⱼ)²", 248},
		"breast_cancer/logistic":  {"breast_cancer", "(1/m) Σᵢ ln(1 + exp(−sᵢ (xᵢ w + b))), sᵢ = −1 or 1", 31},
		"breast_cancer/mlp:2,2,2": {"breast_cancer/mlp:2,2,2", "−(1/m) Σᵢ ln softmax(σ(σ(σ(xᵢ W1 + b1) W2 + b2) W3 + b3) W4 + b4)[yᵢ]", 80},
	} {
		s, err := Find(name)
		if err != nil || s.Name != want.name || s.Formula != want.formula {
			t.Errorf("%s: name %q, formula %q, %v", name, s.Name, s.Formula, err)
			continue
		}
		p := s.New()
		if p.Dim() != want.dim {
			t.Errorf("%s: %d parameters, want %d", name, p.Dim(), want.dim)
		}
		if _, has := p.(Hessianer); has != (want.dim <= mostDense) {
			t.Errorf("%s with %d parameters has a Hessian: %t", name, want.dim, has)
		}
		if b := s.Batch; b > 0 && strings.Contains(name, "factorization") {
			t.Errorf("%s: minibatches of %d entries", name, b)
		}
	}
	for name, want := range map[string]string{
		"iris/logistic":          "it tells two classes apart, and there are 3",
		"diabetes/logistic":      "its target is a number",
		"diabetes/softmax":       "its target is a number",
		"iris/linear":            "its target is one of 3 classes, not a number",
		"breast_cancer/ridge":    "its target is one of 2 classes, not a number",
		"iris/softmax:3":         `softmax takes no numbers after it, not "3"`,
		"iris/mlp:0":             "as in mlp:64,32",
		"iris/mlp:1,2,3,4":       "cannot have 4 numbers",
		"iris/factorization:2,3": "cannot have 2 numbers",
		"iris/factorization:x":   "as in factorization:4",
		"iris/autoencodr":        `did you mean "autoencoder"?`,
	} {
		_, err := Find(name)
		var u *usage.Error
		if !errors.As(err, &u) || !strings.Contains(u.Msg, want) {
			t.Errorf("%s: error %v, want one with %q", name, err, want)
		}
	}
}
