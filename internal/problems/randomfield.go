package problems

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"opttui/internal/knob"
)

func init() {
	Register(Spec{
		Name: "random_field", Title: "Random field", Kind: "random hills and dips: the more dimensions, the more of its critical points are saddles",
		Formula: "√(2/K) Σ cos(wₖᵀx + φₖ) + ½ c ‖x‖²,  wₖ normally distributed, φₖ uniformly",
		Source:  "Bray & Dean 2007; Dauphin et al. 2014; Goodfellow, Bengio & Courville 2016, § 8.2.3; random waves: Rahimi & Recht 2007",
		Domain:  square(-6, 6),
		Rate:    0.1,
		New: func() Problem {
			p := &randomField{}
			knob.Reset(p.Knobs())
			return p
		},
	})
}

// randomField approximates a Gaussian random field by plane waves. Where there are many, the sum has mean 0,
// variance 1 and the covariance exp(−‖x−y‖²/2): it is the same in all places and in all directions, and changes over
// distances of about 1. The weak bowl makes it go up in the end wherever one goes.
//
// At a point with the value f the Hessian of such a field is −fI plus a random symmetric matrix whose eigenvalues
// fill a half circle of the radius 2√n. So in many dimensions a critical point has eigenvalues of both signs unless
// its value is extraordinarily low or high: nearly all are saddles, and the lower the fewer negative ones.
type randomField struct {
	dim, seed, bowl float64

	waves *waves
}

// RandomField returns the problem random_field in any dimension from 1, for whoever wants many of them.
func RandomField(dim, seed int, bowl float64) Problem {
	return &randomField{dim: float64(dim), seed: float64(seed), bowl: bowl}
}

// waves are a field's random numbers. They are never written again, so clones share them.
type waves struct {
	dim, seed float64
	w         []float64 // K×n, row by row
	phase     []float64 // K
	amplitude float64
}

const (
	leastWaves = 200
	mostWaves  = 2000
	wavesEach  = 10 // waves for each dimension, within these bounds
)

func makeWaves(dim, seed float64) *waves {
	n := int(dim)
	k := min(max(wavesEach*n, leastWaves), mostWaves)
	f := &waves{dim: dim, seed: seed, w: make([]float64, k*n), phase: make([]float64, k), amplitude: math.Sqrt(2 / float64(k))}
	rng := rand.New(rand.NewPCG(uint64(seed), uint64(n)))
	for i := range f.w {
		f.w[i] = rng.NormFloat64()
	}
	for i := range f.phase {
		f.phase[i] = 2 * math.Pi * rng.Float64()
	}
	return f
}

func (p *randomField) Dim() int { return int(p.dim) }

// Start is beside a saddle between two dips in the plane, and goes on alike in further dimensions.
func (p *randomField) Start(uint64) []float64 { return alternating(p.Dim(), -2, 2) }

func (p *randomField) Knobs() []knob.Knob {
	return []knob.Knob{
		dimKnob(&p.dim, 2, 2, 1000),
		knob.Knob{
			Key: "field_seed", Symbol: "s", Doc: "Seed of the random waves: each gives another field.",
			Default: 1, Min: 1, Max: 1e9, Scale: knob.Log, Integer: true, Restart: true,
		}.Bind(&p.seed),
		knob.Knob{
			Key: "bowl", Symbol: "c", Doc: "Curvature of the bowl that the field lies in; 0 leaves it as rough and flat everywhere.",
			Default: 0.02, Max: 10, Scale: knob.Log, Floor: 1e-3,
		}.Bind(&p.bowl),
	}
}

func (p *randomField) Clone() Problem {
	return &randomField{dim: p.dim, seed: p.seed, bowl: p.bowl, waves: p.waves}
}

// field returns the waves for the knobs as they are.
func (p *randomField) field() *waves {
	if f := p.waves; f == nil || f.dim != p.dim || f.seed != p.seed {
		p.waves = makeWaves(p.dim, p.seed)
	}
	return p.waves
}

// row returns wₖ.
func (f *waves) row(k int) []float64 {
	n := len(f.w) / len(f.phase)
	return f.w[k*n : k*n+n]
}

func (p *randomField) Value(x []float64) float64 {
	f, sum := p.field(), 0.0
	for k, phase := range f.phase {
		sum += math.Cos(floats.Dot(f.row(k), x) + phase)
	}
	return f.amplitude*sum + p.bowl/2*floats.Dot(x, x)
}

func (p *randomField) Gradient(x, g []float64) float64 {
	f, sum := p.field(), 0.0
	clear(g)
	for k, phase := range f.phase {
		w := f.row(k)
		s, c := math.Sincos(floats.Dot(w, x) + phase)
		sum += c
		floats.AddScaled(g, -f.amplitude*s, w)
	}
	floats.AddScaled(g, p.bowl, x)
	return f.amplitude*sum + p.bowl/2*floats.Dot(x, x)
}

func (p *randomField) HessVec(x, v, hv []float64) {
	f := p.field()
	clear(hv)
	for k, phase := range f.phase {
		w := f.row(k)
		c := math.Cos(floats.Dot(w, x) + phase)
		floats.AddScaled(hv, -f.amplitude*c*floats.Dot(w, v), w)
	}
	floats.AddScaled(hv, p.bowl, v)
}

// Hessian adds −√(2/K) cos(…) wₖwₖᵀ for each wave, in the lower triangle.
func (p *randomField) Hessian(x, h []float64) {
	f, n := p.field(), len(x)
	clear(h)
	for k, phase := range f.phase {
		w := f.row(k)
		c := -f.amplitude * math.Cos(floats.Dot(w, x)+phase)
		for i, v := range w {
			floats.AddScaled(h[i*n:i*n+i+1], c*v, w[:i+1])
		}
	}
	for i := range n {
		h[i*n+i] += p.bowl
		for j := range i {
			h[j*n+i] = h[i*n+j]
		}
	}
}
