package problems

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/dataset"
	"opttui/internal/knob"
)

// clouds are made-up samples of three classes with three features.
func clouds() *dataset.Dataset {
	rng := rand.New(rand.NewPCG(5, 5))
	d := &dataset.Dataset{Features: []string{"p", "q", "r"}, Classes: []string{"a", "b", "c"}}
	for i := range 70 { // more than a chunk
		d.Train.X = append(d.Train.X, rng.NormFloat64()+float64(i%3), rng.NormFloat64(), rng.NormFloat64()-float64(i%2))
		d.Train.Y = append(d.Train.Y, i%3)
	}
	return d
}

// numbers are made-up samples with three features and a number.
func numbers() *dataset.Dataset {
	d := clouds()
	for i, y := range d.Train.Y {
		d.Train.T = append(d.Train.T, float64(y)-d.Train.X[3*i+1])
	}
	d.Classes, d.Train.Y, d.Target = nil, nil, "t"
	return d
}

// TestNetworksOfAllDepths checks gradients and Hessian–vector products with one to three hidden layers and all losses.
// The differences are simple ones with a small step, which hardly ever meets a kink of ReLU; at the start, where the
// biases are zero, a layer after silent units would stand on it.
func TestNetworksOfAllDepths(t *testing.T) {
	for head, of := range map[string]func(hidden []int, act Activation) Problem{
		"classes":     func(hidden []int, act Activation) Problem { return MLP(clouds(), hidden, act) },
		"number":      func(hidden []int, act Activation) Problem { return MLP(numbers(), hidden, act) },
		"autoencoder": func(hidden []int, act Activation) Problem { return Autoencoder(numbers(), hidden, act) },
	} {
		for act, name := range activations {
			// 18 units make rows long enough to be used as they are: see matrix.
			for _, hidden := range [][]int{{4}, {4, 3}, {5, 4, 3}, {18, 2}} {
				p := of(hidden, Activation(act))
				for seed := range uint64(3) {
					x := p.Start(seed)
					for i, shift := range someWeights(p) {
						x[i] += 0.1 * shift
					}
					if err := checkNetwork(p, x); err != nil {
						t.Errorf("%s, %s %v, seed %d: %v", head, name, hidden, seed, err)
					}
					if c := p.Clone(); c.Dim() != p.Dim() || c.Value(x) != p.Value(x) {
						t.Errorf("%s, %s %v: a clone is another network", head, name, hidden)
					}
				}
			}
		}
	}
}

func checkNetwork(p Problem, x []float64) error {
	const h = 1e-5
	n := len(x)
	g, other, hv, want, bent := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	p.Gradient(x, g)
	for i := range x {
		shifted(x, i, h, func(x []float64) { want[i] += p.Value(x) / (2 * h) })
		shifted(x, i, -h, func(x []float64) { want[i] -= p.Value(x) / (2 * h) })
	}
	if !near(g, want, 1e-8) {
		return fmt.Errorf("gradient\n%v, differences give\n%v", g, want)
	}
	v, w := direction(n, 4), direction(n, 5)
	p.(HessianVector).HessVec(x, v, hv)
	for sign := -1.0; sign < 2; sign += 2 {
		floats.AddScaledTo(want, x, sign*h, v)
		p.Gradient(want, other)
		floats.AddScaled(bent, sign/(2*h), other)
	}
	if !near(hv, bent, 1e-7) {
		return fmt.Errorf("Hv\n%v, differences give\n%v", hv, bent)
	}
	return checkSymmetry(p.(SampledHessianVector), nil, x, v, w)
}

// TestKnobsOfNetworks: turning the activation gives the network that has it; the start follows unless it is chosen.
func TestKnobsOfNetworks(t *testing.T) {
	p := MLP(clouds(), []int{5}, Tanh)
	set := func(key, value string) {
		t.Helper()
		k, ok := knob.Find(p.Knobs(), key)
		if !ok {
			t.Fatalf("no knob %s", key)
		}
		if err := k.SetText(value); err != nil {
			t.Fatal(err)
		}
		if k.Restart != (key == "init") {
			t.Errorf("%s takes effect only at a start: %t", key, k.Restart)
		}
	}
	glorot := p.Start(2)
	for act, name := range activations {
		set("activation", name)
		set("init", "auto")
		q := MLP(clouds(), []int{5}, Activation(act))
		x := someWeights(p)
		if p.Value(x) != q.Value(x) || !slices.Equal(p.Start(2), q.Start(2)) || p.Clone().Value(x) != q.Value(x) {
			t.Errorf("turned to %s it is another network", name)
		}
		set("init", "glorot")
		if !slices.Equal(p.Start(2), glorot) || !slices.Equal(p.Clone().Start(2), glorot) {
			t.Errorf("%s: glorot depends on the activation", name)
		}
		set("init", "he")
		if he := MLP(clouds(), []int{5}, ReLU).Start(2); !slices.Equal(p.Start(2), he) {
			t.Errorf("%s: he depends on the activation", name)
		}
	}
	for _, p := range []Problem{Softmax(clouds()), Linear(numbers())} {
		if len(p.Knobs()) != 0 {
			t.Errorf("a model without hidden layers has the knobs %v", p.Knobs())
		}
	}
}

func TestActivations(t *testing.T) {
	const phi1 = 0.8413447460685429 // Φ(1)
	density := func(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }
	for _, c := range []struct {
		act               Activation
		z, a, slope, bend float64
	}{
		{Tanh, 0, 0, 1, 0},
		{Tanh, math.Log(2), 0.6, 0.64, -0.768},
		{Tanh, -1e9, -1, 0, 0},
		{ReLU, 2, 2, 1, 0},
		{ReLU, -2, 0, 0, 0},
		{ReLU, 0, 0, 0, 0},
		{GELU, 0, 0, 0.5, 2 * density(0)},
		{GELU, 1, phi1, phi1 + density(1), density(1)},
		{GELU, -1, phi1 - 1, 1 - phi1 - density(1), density(1)},
		{GELU, 1e9, 1e9, 1, 0},
		{GELU, -1e9, 0, 0, 0},
	} {
		a, only, slope, bend := []float64{c.z}, []float64{c.z}, []float64{math.NaN()}, []float64{math.NaN()}
		activate(c.act, a, slope, bend)
		activate(c.act, only, nil, nil)
		if math.Abs(a[0]-c.a) > 1e-15 || math.Abs(slope[0]-c.slope) > 1e-15 || math.Abs(bend[0]-c.bend) > 1e-15 || only[0] != a[0] {
			t.Errorf("activation %d at %v: %v with slope %v and bend %v, want %v, %v, %v", c.act, c.z, a[0], slope[0], bend[0], c.a, c.slope, c.bend)
		}
		a[0] = math.NaN()
		if activate(c.act, a, nil, nil); !math.IsNaN(a[0]) {
			t.Errorf("activation %d hides a NaN", c.act)
		}
	}
}

func TestInitialWeights(t *testing.T) {
	d := &dataset.Dataset{Features: make([]string, 100), Classes: make([]string, 50), Train: dataset.Samples{X: make([]float64, 100), Y: []int{0}}}
	for _, c := range []struct {
		act       Activation
		deviation [2]float64 // of W1 and W2
		most      float64    // bound of |W1|
	}{
		{Tanh, [2]float64{math.Sqrt(2. / 400), math.Sqrt(2. / 350)}, math.Sqrt(6. / 400)},
		{ReLU, [2]float64{math.Sqrt(2. / 100), math.Sqrt(2. / 300)}, math.Inf(1)},
		{GELU, [2]float64{math.Sqrt(2. / 100), math.Sqrt(2. / 300)}, math.Inf(1)},
	} {
		p := MLP(d, []int{300}, c.act)
		x := p.Start(3)
		if !slices.Equal(x, p.Start(3)) || slices.Equal(x, p.Start(4)) {
			t.Errorf("activation %d: the start is not a function of the seed", c.act)
		}
		for i, b := range p.(Blocked).Blocks() {
			sum, square, most := 0.0, 0.0, 0.0
			for _, w := range x[b.Offset : b.Offset+b.Rows*b.Cols] {
				sum += w
				square += w * w
				most = math.Max(most, math.Abs(w))
			}
			if i%2 == 1 {
				if most != 0 {
					t.Errorf("activation %d: %s does not start at zero", c.act, b.Name)
				}
				continue
			}
			n := float64(b.Rows * b.Cols)
			want := c.deviation[i/2]
			if math.Abs(sum/n) > 4*want/math.Sqrt(n) || math.Abs(math.Sqrt(square/n)/want-1) > 0.03 {
				t.Errorf("activation %d: %s has mean %v and deviation %v, want 0 and %v", c.act, b.Name, sum/n, math.Sqrt(square/n), want)
			}
			if i == 0 && most > c.most {
				t.Errorf("activation %d: a weight of %v, want at most %v", c.act, most, c.most)
			}
		}
	}
}

func TestLayersOfANetwork(t *testing.T) {
	got := fmt.Sprint(MLP(clouds(), []int{5, 4, 2}, ReLU).(Blocked).Blocks())
	if want := "[{W1 0 3 5} {b1 15 1 5} {W2 20 5 4} {b2 40 1 4} {W3 44 4 2} {b3 52 1 2} {W4 54 2 3} {b4 60 1 3}]"; got != want {
		t.Errorf("blocks %v, want %v", got, want)
	}
	if ps := MLP(clouds(), []int{5}, Tanh).(Depicted).Pictures(); ps != nil {
		t.Errorf("pictures of what are not images: %v", ps)
	}
	for hidden, want := range map[int]int{7: 7, 32: 10} {
		p := MLP(dataset.Open("digits"), []int{hidden}, Tanh)
		w := p.(Blocked).Blocks()[0]
		for j, pic := range p.(Depicted).Pictures() {
			if want--; pic.Offset != j || pic.Stride != w.Cols || pic.W*pic.H != w.Rows {
				t.Errorf("%d units: picture %+v of the weights %+v", hidden, pic, w)
			}
		}
		if want != 0 {
			t.Errorf("%d units: %d pictures too few", hidden, want)
		}
	}
}

// TestNetworksLearn: gradient descent at the suggested rate does better than softmax regression does in
// TestModelsLearn.
func TestNetworksLearn(t *testing.T) {
	for name, want := range map[string]struct{ loss, accuracy float64 }{"digits/mlp": {0.17, 0.95}, "iris/mlp": {0.07, 0.97}, "breast_cancer/mlp": {0.05, 0.98}} {
		s, _ := Find(name)
		p := s.New()
		x, g := p.Start(0), make([]float64, p.Dim())
		for range 300 {
			p.Gradient(x, g)
			for i := range x {
				x[i] -= s.Rate * g[i]
			}
		}
		sc := p.(Scored).Score(x)
		if v := p.Value(x); math.Abs(v-sc.TrainLoss) > 1e-12 {
			t.Errorf("%s: the score's loss is %v, the value %v", name, sc.TrainLoss, v)
		}
		if sc.TrainLoss > want.loss || sc.TrainAccuracy < want.accuracy || sc.TestAccuracy < want.accuracy-0.02 {
			t.Errorf("%s: score %+v, want %+v", name, sc, want)
		}
	}
}
