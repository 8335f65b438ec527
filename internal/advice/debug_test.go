package advice
import ("testing";"fmt";"opttui/internal/optim";"opttui/internal/train")
func TestDebug(t *testing.T) {
	for _, p := range []string{"rosenbrock","beale","himmelblau","ravine","booth","rastrigin","styblinski_tang","factorization","six_hump_camel","matyas", "double_well", "ackley"} {
		for _, lr := range []float64{1e-3,2e-3,4e-3,5e-3,0.01,0.02,0.04,0.1,0.3} {
			if _, err := train.New(spec(p,"sgd",lr)); err != nil { continue }
			s := onStage(t, spec(p,"sgd",lr)); s.play(400,"")
			if a:=s.first[Oscillating]; a!=nil { fmt.Printf("%s %g ×%d %s {%s}\n", p, lr, s.seen[Oscillating], a.Text, a.Evidence) }
		}
	}
}
func TestAll(t *testing.T) {
	for _, p := range []string{"rosenbrock","beale","himmelblau","ravine","booth","rastrigin","quadratic","saddle","six_hump_camel","matyas","ackley","easom","iris"} {
		for _, o := range optim.All() {
			sp := spec(p,o.Name,0); if p=="iris" { sp.Batch=0 }
			sp = suggested(sp)
			if _, err := train.New(sp); err != nil { continue }
			s := onStage(t, sp); s.play(500,"")
			for k,n := range s.seen { if k!=Converged { a:=s.first[k]; fmt.Printf("%s %s: %s ×%d %s {%s} [%s]\n", p, o.Name, k, n, a.Text, a.Evidence, a.Does) } }
		}
	}
}
