package problems

import (
	"math"

	"opttui/internal/dataset"
	"opttui/internal/kernel"
)

// head is what is above the outputs z of a model: the loss of a sample.
type head interface {
	// outputs returns the length of z.
	outputs() int
	// loss returns the loss of sample i and whether its class is guessed right. It leaves δ = ∂loss/∂z in z.
	loss(s *dataset.Samples, i int, z []float64) (loss float64, hit bool)
	// bend replaces v by Bv with B = ∂²loss/∂z², given the δ that loss has left.
	bend(s *dataset.Samples, i int, delta, v []float64)
	// measure is as in Scored, and quality its value, given the mean loss over n samples of which hits are guessed right.
	measure() string
	quality(s *dataset.Samples, loss float64, hits int) float64
}

// share is the measure of heads for classes.
type share struct{}

func (share) measure() string { return "accuracy" }

func (share) quality(s *dataset.Samples, _ float64, hits int) float64 {
	return float64(hits) / float64(s.Len()) // NaN for no samples
}

// softmaxHead has the loss −ln p[y] with p = softmax(z). Then δ = p − e_y and B = diag p − ppᵀ.
type softmaxHead struct {
	share
	classes int
}

func (h softmaxHead) outputs() int { return h.classes }

// The largest logit is taken out of the exponentials, so they do not overflow, and out of the sum, so a small loss
// keeps its digits.
func (h softmaxHead) loss(s *dataset.Samples, i int, z []float64) (loss float64, hit bool) {
	y, top := s.Y[i], 0
	for k, v := range z {
		if v > z[top] {
			top = k
		}
	}
	most, own, rest := z[top], z[y], 0.0
	for k := range z {
		z[k] -= most
	}
	kernel.Exp(z)
	for k, e := range z {
		if k != top {
			rest += e
		}
	}
	for k := range z {
		z[k] /= 1 + rest
	}
	z[y]--
	return math.Log1p(rest) + (most - own), top == y && !math.IsNaN(own)
}

// Adding the same number to all of v changes nothing. With 0 for the most probable class the mean keeps its digits
// where the others are hardly possible.
func (h softmaxHead) bend(s *dataset.Samples, i int, delta, v []float64) {
	y, top := s.Y[i], 0
	delta[y]++ // p for now
	for k, p := range delta {
		if p > delta[top] {
			top = k
		}
	}
	zero, mean := v[top], 0.0
	for k, p := range delta {
		v[k] -= zero
		mean += p * v[k]
	}
	for k, p := range delta {
		v[k] = p * (v[k] - mean)
	}
	delta[y]--
}

// logisticHead has the loss ln(1 + exp(−sz)), where s is 1 for the second of two classes and −1 for the first: that of
// softmax with the logits 0 and z. With σ(z) = 1/(1+exp(−z)) it is δ = −sσ(−sz) and B = σ(z)σ(−z).
type logisticHead struct{ share }

func (logisticHead) outputs() int { return 1 }

// The exponential is one of a negative number, so it does not overflow, and a small loss keeps its digits.
func (logisticHead) loss(s *dataset.Samples, i int, z []float64) (loss float64, hit bool) {
	v, sign := z[0], 1.0
	if s.Y[i] == 0 {
		sign = -1
	}
	u := sign * v
	e := math.Exp(-math.Abs(u))
	if u > 0 {
		z[0] = -sign * e / (1 + e)
	} else {
		z[0] = -sign / (1 + e)
	}
	return math.Log1p(e) + max(0, -u), v > 0 == (sign > 0) && !math.IsNaN(v)
}

func (logisticHead) bend(_ *dataset.Samples, _ int, delta, v []float64) {
	a := math.Abs(delta[0])
	v[0] *= a * (1 - a)
}

// squaredHead has the loss ½‖z − t‖², where t is the sample's number, or all of its features. Then δ = z − t and B is 1.
type squaredHead struct {
	n     int
	whole bool // t are the features
	// spread is the loss at the mean of t: of the training samples, and of those held out.
	spread [2]float64
	data   *dataset.Dataset
}

func newSquaredHead(d *dataset.Dataset, whole bool) *squaredHead {
	h := &squaredHead{n: 1, whole: whole, data: d}
	if whole {
		h.n = len(d.Features)
	}
	h.spread = [2]float64{h.variance(&d.Train) / 2, h.variance(&d.Test) / 2}
	return h
}

func (h *squaredHead) outputs() int { return h.n }

func (h *squaredHead) target(s *dataset.Samples, i int) []float64 {
	if h.whole {
		return s.Row(i)
	}
	return s.T[i : i+1]
}

// variance is that of the targets, summed over their components; NaN for no samples.
func (h *squaredHead) variance(s *dataset.Samples) float64 {
	n, mean, sum := float64(s.Len()), make([]float64, h.n), 0.0
	for i := range s.Len() {
		for k, t := range h.target(s, i) {
			mean[k] += t / n
		}
	}
	for i := range s.Len() {
		for k, t := range h.target(s, i) {
			sum += (t - mean[k]) * (t - mean[k])
		}
	}
	return sum / n
}

func (h *squaredHead) loss(s *dataset.Samples, i int, z []float64) (loss float64, hit bool) {
	sum := 0.0
	for k, t := range h.target(s, i) {
		z[k] -= t
		sum += z[k] * z[k]
	}
	return sum / 2, false
}

func (h *squaredHead) bend(*dataset.Samples, int, []float64, []float64) {}

func (h *squaredHead) measure() string { return "R²" }

func (h *squaredHead) quality(s *dataset.Samples, loss float64, _ int) float64 {
	spread := h.spread[0]
	if s == &h.data.Test {
		spread = h.spread[1]
	}
	return explained(loss, spread)
}

// explained is R² = 1 − loss/spread, the share of the spread that is explained; NaN where there is none.
func explained(loss, spread float64) float64 {
	if spread == 0 {
		return math.NaN()
	}
	return 1 - loss/spread
}
