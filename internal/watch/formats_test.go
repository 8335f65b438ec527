package watch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opttui/internal/events"
	"opttui/internal/monitor"
)

// pass looks for files and reads all there is.
func (w *Watcher) pass() {
	w.look()
	buf := make([]byte, 64<<10)
	for _, s := range *w.sources.Load() {
		for s.turn(buf, &w.open) {
		}
	}
}

// dump is what is known of a run as text: "loss 0=1 1=0.5" for each number, NaN as bad.
func dump(r *monitor.Run) string {
	v := r.View()
	var b strings.Builder
	for _, s := range v.Series {
		b.WriteString(s.Name)
		for i := range s.History.Len() {
			k, _ := s.History.At(i)
			if k.Bad > 0 {
				fmt.Fprintf(&b, " %v=bad", k.Gradients)
			} else {
				fmt.Fprintf(&b, " %v=%v", k.Gradients, k.Mean)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// told is what a run says.
func told(r *monitor.Run) string { return r.View().Said }

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func appendFile(t testing.TB, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// readText reads a file with a text to its end.
func readText(t testing.TB, name, text string) *monitor.Run {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	writeFile(t, path, text)
	w := prepare([]string{path}, Options{})
	w.pass()
	return w.Runs()[0]
}

func lines(all ...string) string { return strings.Join(all, "\n") + "\n" }

func TestJSONLines(t *testing.T) {
	for _, c := range []struct{ name, text, want, says string }{
		{"plain", lines(`{"step":10,"loss":1,"val":{"acc":0.5}}`, `{"step":20,"loss":0.5}`), lines("loss 10=1 20=0.5", "val.acc 10=0.5"), ""},
		{"no step", lines(`{"loss":1}`, `{"loss":0.5}`), lines("loss 0=1 1=0.5"), ""},
		{"only an epoch", lines(`{"Epoch":1,"loss":1}`, `{"Epoch":2,"loss":0.5}`), lines("epoch 1=1 2=2", "loss 1=1 2=0.5"), ""},
		{"huggingface", lines(`{"loss":2.5,"learning_rate":5e-05,"epoch":0.5,"step":500}`, `{"eval_loss":2,"epoch":1.0,"step":1000}`, `{"train_runtime":3.5,"epoch":1.0,"step":1000}`),
			lines("loss 500=2.5", "learning_rate 500=5e-05", "epoch 500=0.5 1000=1 1000=1", "eval_loss 1000=2", "train_runtime 1000=3.5"), ""},
		{"a better axis later", lines(`{"epoch":0,"lr":1}`, `{"epoch":0,"iter":3,"loss":1}`, `{"global_step":5,"iter":4,"loss":0.5}`),
			lines("epoch 0=0 3=0", "lr 0=1", "loss 3=1 5=0.5", "iter 5=4"), ""},
		{"a row without the step", lines(`{"step":10,"loss":1}`, `{"epoch":1,"val_loss":2}`, `{"step":20,"loss":0.5}`),
			lines("loss 10=1 20=0.5", "epoch 10=1", "val_loss 10=2"), ""},
		{"steps of an epoch", lines(`{"epoch":1,"iter":50,"loss":4}`, `{"epoch":1,"iter":100,"loss":3}`, `{"epoch":2,"iter":50,"loss":2}`, `{"epoch":2,"iter":100,"loss":1}`, `{"epoch":3,"iter":50,"loss":0}`),
			lines("epoch 50=1 100=1 150=2 200=2 250=3", "loss 50=4 100=3 150=2 200=1 250=0"), ""},
		{"back to a checkpoint", lines(`{"step":1,"loss":4}`, `{"step":2,"loss":3}`, `{"step":3,"loss":9}`, `{"step":2,"loss":2}`), lines("loss 1=4 2=2"), ""},
		{"not finite", lines(`{"loss":NaN}`, `{"loss":"nan"}`, `{"loss":null}`, `{"loss":-Infinity}`, `{"loss":"1e-3"}`), lines("loss 0=bad 1=bad 2=bad 3=bad 4=0.001"), ""},
		{"no numbers", lines(`{"event":"begin","ok":true,"shape":[1,2]}`, `{"step":1}`, `{"step":2,"loss":1}`), lines("loss 2=1"), ""},
		{"between other lines", "Epoch 1/2\n{\"loss\":1}\n[####]\r\n\n\xef\xbb\xbf{\"loss\":2}\r\n", lines("loss 0=1 1=2"), "2 lines so far could not be read; the last: a line is no JSON object: there is '#' at byte 2, where a value should be"},
		{"a step that is none", lines(`{"step":null,"loss":1}`, `{"step":5,"loss":2}`, `{"step":"NaN","loss":3}`), lines("loss 0=1 5=2 5=3"), ""},
		{"garbage", "\x7fELF\x00\x01\n\xff\xfe\x00", "", "a line is no JSON object: there is '\\x7f' at byte 1, where an object should be"},
		{"a long line", lines(`{"loss":1}`, `{"loss":"`+strings.Repeat("x", maxLine)+`"}`, `{"loss":2}`), lines("loss 0=1 1=2"), "a line of more than 256 KiB was passed over"},
		{"a half line", lines(`{"loss":1}`) + `{"loss":2}`, lines("loss 0=1"), ""},
	} {
		r := readText(t, "run.jsonl", c.text)
		if diff := cmp.Diff(c.want, dump(r)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if c.name != "between other lines" && told(r) != c.says {
			t.Errorf("%s: it says %q", c.name, told(r))
		}
	}
}

func TestTables(t *testing.T) {
	for _, c := range []struct{ name, text, want, says string }{
		{"plain", lines("step,loss", "10,1", "20,0.5"), lines("loss 10=1 20=0.5"), ""},
		{"keras", lines("epoch,accuracy,loss,lr", "0,0.5,1.5,0.001", "1,0.75,NaN,0.001"), lines("epoch 0=0 1=1", "accuracy 0=0.5 1=0.75", "loss 0=1.5 1=bad", "lr 0=0.001 1=0.001"), ""},
		{"lightning", lines("epoch,step,train_loss,val_loss", "0,49,1.5,", "0,49,,1.25", "1,99,1,"), lines("epoch 49=0 49=0 99=1", "train_loss 49=1.5 99=1", "val_loss 49=1.25"), ""},
		{"pandas", lines(",loss,val_loss", "0,1,2", "1,0.5,1"), lines("loss 0=1 1=0.5", "val_loss 0=2 1=1"), ""},
		{"tabs", lines("step\tloss", "1\t2", "2\tnone"), lines("loss 1=2"), ""},
		{"a decimal comma", lines("step;loss;lr", "1;0,5;1e-3", "2;-0,25;1"), lines("loss 1=0.5 2=-0.25", "lr 1=0.001 2=1"), ""},
		{"quotes", lines(`"step","the ""loss"", mean",note`, `"1","2.5","a,`, `b ""c"""`, `2, "3" ,x`), lines(`the "loss", mean 1=2.5 2=3`), ""},
		{"no header", lines("1,0.5", "2,0.25"), lines("column1 0=1 1=2", "column2 0=0.5 1=0.25"), ""},
		{"names in a comment", lines("# step, loss", "1,0.5", "2,0.25"), lines("loss 1=0.5 2=0.25"), ""},
		{"stable-baselines", lines(`#{"t_start": 1690000000.5, "env_id": "CartPole-v1"}`, "r,l,t", "9.0,9,0.5"), lines("r 0=9", "l 0=9", "t 0=0.5"), ""},
		{"begun again", lines("step,loss", "1,4", "2,3", "step,loss", "1,2", "step,lr,loss", "2,0.5,1"), lines("loss 1=2 2=1", "lr 2=0.5"), ""},
		{"the same name twice", lines("step,loss,loss", "1,2,3"), lines("loss 1=2", "loss_2 1=3"), ""},
		{"short and long rows", lines("step,loss", "1,2", "2", "3,4,5", "4,6"), lines("loss 1=2 4=6"), "2 lines so far could not be read; the last: a row has 3 values, not 2 as its header"},
		{"an open quote", lines("step,loss", `1,"2`, "2,3") + strings.Repeat("3,4\n", 14) + lines("4,5"), lines("loss 4=5"), "a quote is not closed: the lines after it are left out"},
		{"tensorboard's download", lines("Wall time,Step,Value", "1690000000.5,1,2", "1690000001.5,2,1"), lines("Value 1=2 2=1"), ""},
		{"one column", lines("loss", "1", "0.5"), lines("loss 0=1 1=0.5"), ""},
		{"empty lines", "\nstep,loss\r\n\r\n1,2\r\n", lines("loss 1=2"), ""},
		{"a half line", "step,loss\n1,2\n2,3", lines("loss 1=2"), ""},
	} {
		r := readText(t, "log.csv", c.text)
		if diff := cmp.Diff(c.want, dump(r)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if told(r) != c.says {
			t.Errorf("%s: it says %q", c.name, told(r))
		}
	}
}

// A file whose name does not tell is known by what is in it.
func TestSniffing(t *testing.T) {
	record := string(events.AppendScalars(nil, 1.69e9, 3, []events.Scalar{{Tag: "loss", V: 0.5}}))
	for _, c := range []struct{ name, text, want string }{
		{"json", lines("starting…", `{"step":1,"loss":2}`, "done"), lines("loss 1=2")},
		{"a title above a table", lines("Epoch log", "step;loss", "1;2", "2;1"), lines("loss 1=2 2=1")},
		{"table at once", lines("step;loss", "1;2", "2;1,5"), lines("loss 1=2 2=1.5")},
		{"events", record, lines("loss 3=0.5")},
		{"events with an end of line in front", string(events.AppendRecord(nil, bytes.Repeat([]byte("\x10\x01"), 5))) + record, lines("loss 3=0.5")},
		{"nothing", "a text\nof lines\n", ""},
	} {
		r := readText(t, "train.log", c.text)
		if diff := cmp.Diff(c.want, dump(r)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		s := &sink{run: monitor.NewRun("", time.Now())}
		p := newParser(unknown, s, "")
		for i := range len(c.text) {
			p.add([]byte(c.text[i:i+1]), time.Now())
		}
		if diff := cmp.Diff(c.want, dump(s.run)); diff != "" {
			t.Errorf("%s, byte by byte: %s", c.name, diff)
		}
	}
	if r := readText(t, "out.txt", strings.Repeat("a text of lines\n", enough/16+1)); !strings.Contains(told(r), "no JSON object") {
		t.Errorf("of a text it says %q", told(r))
	}
}

// The seconds of a run are those that its log tells.
func TestTimes(t *testing.T) {
	row := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf(`{"loss":1,"time":%s}`, text)
	}
	for _, c := range []struct {
		name   string
		times  [2]any
		series int
	}{
		{"seconds", [2]any{1690000000.25, 1690000002.75}, 1},
		{"milliseconds", [2]any{1690000000250, 1690000002750}, 1},
		{"RFC 3339", [2]any{"2023-07-22T04:26:40.25Z", "2023-07-22T04:26:42.75Z"}, 1},
		{"local", [2]any{"2023-07-22 04:26:40,250", "2023-07-22 04:26:42,750"}, 1},
		{"the time of a step", [2]any{0.5, 3}, 2}, // is an ordinary number
	} {
		r := readText(t, "run.jsonl", lines(row(c.times[0]), row(c.times[1])))
		v := r.View()
		if len(v.Series) != c.series {
			t.Fatalf("%s: %d series", c.name, len(v.Series))
		}
		b, _ := v.Series[0].History.At(1)
		want := 2.5
		if c.series == 2 {
			want = 0
		}
		if b.Seconds != want {
			t.Errorf("%s: %v s, not %v", c.name, b.Seconds, want)
		}
		if c.series == 1 && v.Heard.Sub(v.Started).Seconds() != want {
			t.Errorf("%s: begun %v, heard %v", c.name, v.Started, v.Heard)
		}
	}
}
