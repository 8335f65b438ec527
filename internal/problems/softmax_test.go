package problems

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"opttui/internal/dataset"
)

// someWeights returns a point where no gradient is zero.
func someWeights(p Problem) []float64 {
	rng := rand.New(rand.NewPCG(11, 11))
	x := make([]float64, p.Dim())
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

// TestPartition: the mean of the minibatch gradients over a partition of the samples is the gradient.
func TestPartition(t *testing.T) {
	for _, s := range All() {
		p := s.New()
		sp, ok := p.(Sampled)
		if !ok {
			continue
		}
		x, n := someWeights(p), sp.Samples()
		g, part, sum := make([]float64, p.Dim()), make([]float64, p.Dim()), make([]float64, p.Dim())
		f := p.Gradient(x, g)
		order := rand.New(rand.NewPCG(1, 1)).Perm(n)
		total := 0.0
		for batch := range slices.Chunk(order, 50) {
			share := float64(len(batch)) / float64(n)
			fb := sp.GradientOn(batch, x, part)
			if v := sp.ValueOn(batch, x); v != fb {
				t.Errorf("%s: ValueOn is %v, GradientOn returns %v", s.Name, v, fb)
			}
			total += share * fb
			for i, v := range part {
				sum[i] += share * v
			}
		}
		if !near(sum, g, 1e-12) || !near([]float64{total}, []float64{f}, 1e-12) {
			t.Errorf("%s: the minibatches of a partition do not average to the whole", s.Name)
		}
		if fb := sp.GradientOn(order, x, part); !near([]float64{fb}, []float64{f}, 1e-12) || !near(part, g, 1e-12) {
			t.Errorf("%s: a batch of everything is not the whole", s.Name)
		}
		if fb := sp.GradientOn(nil, x, part); fb != f || !slices.Equal(part, g) || sp.ValueOn(nil, x) != p.Value(x) {
			t.Errorf("%s: no batch is not the whole", s.Name)
		}
	}
}

func TestBlocks(t *testing.T) {
	for _, s := range All() {
		p := s.New()
		bp, ok := p.(Blocked)
		if !ok {
			continue
		}
		next := 0
		for _, b := range bp.Blocks() {
			if b.Name == "" || b.Offset != next {
				t.Errorf("%s: block %+v should begin at %d", s.Name, b, next)
			}
			next = b.Offset + b.Rows*b.Cols
		}
		if next != p.Dim() {
			t.Errorf("%s: the blocks cover %d of %d parameters", s.Name, next, p.Dim())
		}
	}
}

func TestPictures(t *testing.T) {
	digits, iris := Softmax(dataset.Open("digits")).(Depicted), Softmax(dataset.Open("iris")).(Depicted)
	if ps := iris.Pictures(); ps != nil {
		t.Errorf("iris has pictures: %v", ps)
	}
	seen := make([]int, 650)
	for _, p := range digits.Pictures() {
		for j := range p.W * p.H {
			seen[p.Offset+j*p.Stride]++
		}
	}
	if slices.Min(seen[:640]) != 1 || slices.Max(seen[:640]) != 1 || slices.Max(seen[640:]) != 0 {
		t.Error("the pictures of the digits must show every weight once, and no bias")
	}
}

// TestSoftmaxIsStable: logits of any size give the right loss, also where it is tiny.
func TestSoftmaxIsStable(t *testing.T) {
	d := &dataset.Dataset{Features: []string{"x"}, Classes: []string{"a", "b"}, Train: dataset.Samples{X: []float64{1}, Y: []int{0}}}
	p := Softmax(d)
	g := make([]float64, 4)
	for _, c := range []struct{ logit, loss, slope float64 }{
		{0, math.Ln2, -0.5},
		{1, 0.31326168751822286, -0.2689414213699951},
		{50, 1.9287498479639178e-22, -1.9287498479639178e-22},
		{700, 9.859676543759770e-305, -9.859676543759770e-305},
		{1e5, 0, 0},
		{-700, 700, -1},
		{-1e308, 1e308, -1},
	} {
		f := p.Gradient([]float64{c.logit, 0, 0, 0}, g)
		if math.Abs(f-c.loss) > 1e-12*c.loss {
			t.Errorf("logit %v: loss %v, want %v", c.logit, f, c.loss)
		}
		if math.Abs(g[0]-c.slope) > 1e-15 || math.Abs(g[1]+c.slope) > 1e-15 {
			t.Errorf("logit %v: gradient %v, want %v", c.logit, g, c.slope)
		}
	}
}

// TestModelsLearn: gradient descent at the suggested rate reaches the accuracy that these data are known for.
func TestModelsLearn(t *testing.T) {
	for name, want := range map[string]float64{"digits": 0.95, "iris": 0.93, "wine": 0.98, "breast_cancer/softmax": 0.97} {
		s, _ := Find(name)
		p := s.New()
		x, g := p.Start(0), make([]float64, p.Dim())
		classes := p.(Blocked).Blocks()[0].Cols
		if f := p.Value(x); math.Abs(f-math.Log(float64(classes))) > 1e-12 {
			t.Errorf("%s: at the start the loss is %v with %d equally probable classes", name, f, classes)
		}
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
		if sc.TrainAccuracy < want || sc.TestAccuracy < want-0.02 || sc.TestLoss > 3*sc.TrainLoss {
			t.Errorf("%s: score %+v", name, sc)
		}
	}
}
