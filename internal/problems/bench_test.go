package problems

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"opttui/internal/dataset"
)

// BenchmarkNetwork is one gradient of a minibatch, and one product with the Hessian.
func BenchmarkNetwork(b *testing.B) {
	for _, c := range []struct{ features, hidden, classes, batch int }{{64, 128, 10, 64}, {784, 256, 10, 128}} {
		data := noise(c.features, c.classes, 2048)
		for _, act := range []Activation{Tanh, ReLU, GELU} {
			for precision, name := range precisions {
				b.Run(fmt.Sprintf("%d-%d-%d/%s/%s", c.features, c.hidden, c.classes, activations[act], name), func(b *testing.B) {
					p := newNetwork(data, softmaxHead{classes: c.classes}, []int{c.hidden}, act)
					p.precision = float64(precision)
					x, g, v := p.Start(1), make([]float64, p.Dim()), p.Start(2)
					batch := rand.New(rand.NewPCG(1, 1)).Perm(data.Train.Len())[:c.batch]
					b.Run("gradient", func(b *testing.B) {
						b.ReportAllocs()
						for b.Loop() {
							p.GradientOn(batch, x, g)
						}
					})
					b.Run("hessvec", func(b *testing.B) {
						b.ReportAllocs()
						for b.Loop() {
							p.HessVecOn(batch, x, v, g)
						}
					})
				})
			}
		}
	}
}

// noise is a data set of random numbers.
func noise(features, classes, samples int) *dataset.Dataset {
	d := &dataset.Dataset{Features: make([]string, features), Classes: make([]string, classes)}
	rng := rand.New(rand.NewPCG(1, 1))
	for range samples {
		for range features {
			d.Train.X = append(d.Train.X, rng.NormFloat64())
		}
		d.Train.Y = append(d.Train.Y, rng.IntN(classes))
	}
	return d
}
