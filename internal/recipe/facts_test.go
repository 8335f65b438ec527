package recipe

import (
	"math"
	"slices"
	"testing"

	"opttui/internal/problems"
	"opttui/internal/train"
)

// shown is a scenario as it runs: for every run, its losses and parameters at every step.
type shown struct {
	loss [][]float64
	x    [][][]float64
	runs []*train.Run
}

// headless takes all steps of a scenario.
func headless(t *testing.T, r *Recipe) *shown {
	t.Helper()
	s := &shown{}
	for _, spec := range r.Runs {
		run, err := spec.Train()
		if err != nil {
			t.Fatal(err)
		}
		var loss []float64
		var x [][]float64
		for {
			loss, x = append(loss, run.Loss()), append(x, slices.Clone(run.X()))
			if run.Step() == r.View.Steps || run.Advance(1) == 0 {
				break
			}
		}
		if run.Err() != nil || run.Scripted() > 0 {
			t.Errorf("a run ends at step %d: %v", run.Step(), run.Err())
		}
		s.loss, s.x, s.runs = append(s.loss, loss), append(s.x, x), append(s.runs, run)
	}
	return s
}

// last is the final loss of a run.
func (s *shown) last(run int) float64 { return s.loss[run][len(s.loss[run])-1] }

// level is the mean loss of a run's second half.
func (s *shown) level(run, from int) float64 {
	sum := 0.0
	for _, v := range s.loss[run][from:] {
		sum += v
	}
	return sum / float64(len(s.loss[run])-from)
}

// at reports whether a run ends within d of a point.
func (s *shown) at(run int, d float64, p ...float64) bool {
	return apart(s.x[run][len(s.x[run])-1], p) <= d
}

func apart(a, b []float64) float64 {
	d := 0.0
	for i := range a {
		d = math.Max(d, math.Abs(a[i]-b[i]))
	}
	return d
}

// first is the step at which a run's loss is first below a level, or far away.
func (s *shown) first(run int, below float64) int {
	if i := slices.IndexFunc(s.loss[run], func(v float64) bool { return v < below }); i >= 0 {
		return i
	}
	return math.MaxInt
}

func near(v, want, share float64) bool { return math.Abs(v-want) <= share*math.Abs(want) }

// expect is what the caption of each scenario claims.
var expect = map[string]func(s *shown) bool{
	"01-derivative": func(s *shown) bool {
		shrinks := func(x [][]float64) bool {
			for k := 1; k < len(x); k++ {
				if !near(x[k][0], 0.9*x[k-1][0], 1e-9) {
					return false
				}
			}
			return true
		}
		return s.x[0][0][0] == -3.5 && s.x[1][0][0] == 3 && shrinks(s.x[0]) && shrinks(s.x[1])
	},
	"02-critical-points": func(s *shown) bool {
		halves := (s.x[3][9][1] - 1.5) / (s.x[3][8][1] - 1.5)
		return s.at(0, 1e-9, 1, 0) && s.at(1, 1e-9, -1, -1.5) && s.at(2, 1e-9, 1, -1.5) && s.at(3, 1e-2, 1, 1.5) && near(halves, 0.5, 0.01)
	},
	"03-saddles": func(s *shown) bool {
		grows := s.x[1][50][1] / s.x[1][49][1]
		return s.at(0, 1e-4, 0, 0) && s.x[0][300][1] == 0 && near(grows, 1.04, 1e-5) && s.first(1, 0.9) > 190 && s.first(1, 0.9) < 220 && s.first(2, 0.9) < 150
	},
	"04-curvature": func(s *shown) bool {
		return near(s.loss[0][0]-s.loss[0][1], 0.150, 0.005) && near(s.loss[1][0]-s.loss[1][1], 0.097, 0.005)
	},
	"05-batch-sizes": func(s *shown) bool {
		one := s.level(0, 100)
		return near(one, 0.54, 0.15) && near(s.level(1, 100), one/8, 0.05) && near(s.level(2, 100), one/64, 0.05)
	},
	"06-ravine": func(s *shown) bool {
		along := func(x []float64) float64 { return x[0] - x[1] } // λ = 1; across is x + y, λ = 5
		across := func(x []float64) float64 { return x[0] + x[1] }
		x := s.x
		return near(across(x[0][1]), -0.9*across(x[0][0]), 1e-9) && near(along(x[1][1]), 0.9*along(x[1][0]), 1e-9) &&
			near(across(x[2][1]), -2.0/3*across(x[2][0]), 1e-5) && near(along(x[2][1]), 2.0/3*along(x[2][0]), 1e-5) && s.last(2) < 1e-6*s.last(0)
	},
	"07-ewma": func(s *shown) bool {
		rough := 0.0 // mean jump from step to step: several times the trend
		for k := 1; k < len(s.loss[0]); k++ {
			rough += math.Abs(s.loss[0][k]-s.loss[0][k-1]) / float64(len(s.loss[0])-1)
		}
		return rough > 0.1 && s.level(0, 200) < 0.8*s.loss[0][0]
	},
	"08-momentum-forms": func(s *shown) bool {
		together := apart(s.x[0][20], s.x[1][20]) < 1e-9 && apart(s.x[0][20], s.x[2][20]) < 1e-9
		parted := apart(s.x[0][50], s.x[1][50]) > 0.5 && apart(s.x[1][50], s.x[2][50]) < 1e-9
		return together && parted && apart(s.x[1][80], s.x[2][80]) > 0.05
	},
	"09-nesterov": func(s *shown) bool {
		swing := func(run int) float64 { // largest |y| around a step is the swing's envelope
			return math.Pow(envelope(s.x[run], 24, 8)/envelope(s.x[run], 8, 8), 1.0/16)
		}
		return near(swing(0), 0.95, 0.03) && near(swing(1), 0.67, 0.08)
	},
	"10-adagrad-rmsprop": func(s *shown) bool {
		step := apart(s.x[0][600], s.x[0][599])
		return s.level(0, 100) > 50*s.level(1, 100) && s.last(0) > 50 && step < 0.1/math.Sqrt(600)*1.2 && apart(s.x[1][600], s.x[1][599]) > 0.05
	},
	"11-adam": func(s *shown) bool { return s.last(0) < 0.01 && near(s.last(1), 1, 0.1) && s.last(2) > 1 },
	"12-race-saddle": func(s *shown) bool {
		return s.first(0, 0.9) > 190 && s.first(1, 0.9) < 70 && s.first(2, 0.9) < 70 && s.first(4, 0.9) < 70 && s.first(5, 0.9) < 70 && apart(s.x[0][100], []float64{0, 0}) < 0.05
	},
	"13-race-ravine": func(s *shown) bool {
		diagonal := func(run int) bool { return near(s.x[run][5][0]/s.x[run][5][1], -3.6/2, 0.2) }
		jumps := s.last(4) > 1e-4 && s.level(4, 140) > s.level(5, 140)
		return math.Abs(s.x[0][20][1]) < 1e-6 && math.Abs(s.x[0][20][0]) > 1 && s.last(2) < s.last(1) && diagonal(4) && diagonal(5) && jumps && s.last(3) > 1e-2
	},
	"14-decays": func(s *shown) bool {
		constant := s.level(0, 100)
		return near(constant, 0.35, 0.25) && s.level(1, 500) < constant/20 && s.level(2, 500) < constant/5 && s.level(3, 500) < constant/5 &&
			s.level(1, 300) < s.level(0, 300)/5
	},
	"15-initial-rate": func(s *shown) bool {
		return s.level(0, 180) > 1.9 && s.level(1, 180) > 0.7 && s.level(2, 180) < 0.3 && s.level(3, 100) > 2*s.level(2, 100)
	},
	"16-newton-1d": func(s *shown) bool {
		v := s.loss[0]
		return near(v[2], 7e-2, 0.1) && near(v[3], 1e-3, 0.3) && near(v[4], 8e-7, 0.1) && near(v[5], 3e-13, 0.2) && s.at(0, 0, 1) && s.at(1, 1e-12, 0)
	},
	"17-newton-2d": func(s *shown) bool {
		return near(s.last(0), 182, 0.01) && near(s.last(1), 68, 0.01) && s.last(2) < 1e-12 && s.at(2, 1e-6, 3, 2)
	},
	"18-levenberg-marquardt": func(s *shown) bool { return s.loss[0][20] < 1e-9 && s.loss[1][20] > 4 },
	"19-bfgs":                func(s *shown) bool { return s.loss[0][40] < 1e-28 && s.loss[1][40] < 1e-28 && s.last(2) > 3.9 },
	"20-bfgs-noise": func(s *shown) bool {
		bfgs := s.level(0, 150)
		return near(bfgs, 0.5, 0.4) && s.level(1, 150) < bfgs/20 && s.level(2, 150) < bfgs/15
	},
	"21-edge-of-stability": func(s *shown) bool {
		up := 0
		for k := 201; k < len(s.loss[0]); k++ {
			if s.loss[0][k] > s.loss[0][k-1] {
				up++
			}
		}
		sharp := sharpness(s.runs[0]) * 0.15 / 2
		return up > 20 && s.last(0) < 0.5*s.loss[0][200] && sharp > 0.8 && sharp < 1.3
	},
	"22-advice": func(s *shown) bool {
		held := func(run int) float64 { return s.runs[run].Judge().TestLoss }
		return s.loss[2][30] < 1e-6 && held(2) > 10*max(held(0), held(1)) && near(held(0), held(1), 0.2)
	},
}

// envelope is the largest |y| of n steps.
func envelope(x [][]float64, from, n int) float64 {
	most := 0.0
	for _, p := range x[from : from+n] {
		most = math.Max(most, math.Abs(p[1]))
	}
	return most
}

// sharpness is the largest eigenvalue of the Hessian at the run's end, by power iteration.
func sharpness(r *train.Run) float64 {
	trial := r.Trial()
	h, x := trial.Problem().(problems.HessianVector), trial.Theta()
	v, w := make([]float64, len(x)), make([]float64, len(x))
	for i := range v {
		v[i] = math.Sin(float64(i*i + 1)) // no direction in particular
	}
	lambda := 0.0
	for range 30 {
		size := 0.0
		for _, a := range v {
			size = math.Hypot(size, a)
		}
		for i := range v {
			v[i] /= size
		}
		h.HessVec(x, v, w)
		lambda = 0
		for i := range v {
			lambda += v[i] * w[i]
		}
		v, w = w, v
	}
	return lambda
}

// What the captions claim is what happens.
func TestLecture(t *testing.T) {
	all := Lecture()
	if len(all) != len(expect) {
		t.Errorf("%d scenarios, %d expectations", len(all), len(expect))
	}
	for _, scenario := range all {
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			s := headless(t, scenario.Recipe)
			if check := expect[scenario.Name]; check == nil || !check(s) {
				for i := range s.loss {
					n := len(s.loss[i])
					t.Logf("run %d: losses %.4g, %.4g, %.4g, %.4g at %v", i+1, s.loss[i][0], s.loss[i][n/3], s.loss[i][2*n/3], s.last(i), s.x[i][n-1][:min(2, len(s.x[i][n-1]))])
				}
				t.Error("the caption is not true")
			}
		})
	}
}
