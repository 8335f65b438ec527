package ui

import (
	"context"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"pgregory.net/rapid"

	"opttui/internal/plot"
	"opttui/internal/problems"
	"opttui/internal/train"
)

// Any keys, pasted text, clicks and sizes: no panic, and no frame that does not fit the screen.
func TestAnythingPressed(t *testing.T) {
	var keys []string
	for _, b := range bindings {
		keys = append(keys, b.keys...)
	}
	keys = append(keys, "esc", "enter", "backspace", "pgup", "pgdown", "end", "j", "é", "0")
	rapid.Check(t, func(t *rapid.T) {
		names := problems.Names()
		m, err := New(context.Background(), Options{
			Runs:   DefaultRuns(problems.Ref{Name: rapid.SampledFrom(names).Draw(t, "problem")}, 3),
			ASCII:  rapid.Bool().Draw(t, "ascii"),
			Paused: rapid.Bool().Draw(t, "paused"),
			Rate:   train.Unlimited,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		m.Update(tea.ColorProfileMsg{Profile: rapid.SampledFrom([]colorprofile.Profile{
			colorprofile.TrueColor, colorprofile.ANSI256, colorprofile.ANSI, colorprofile.ASCII,
		}).Draw(t, "profile")})
		checkFrame(t, m) // before any size is known
		for range rapid.IntRange(1, 25).Draw(t, "events") {
			switch rapid.IntRange(0, 9).Draw(t, "kind") {
			case 0:
				w := rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(38, 42), rapid.IntRange(78, 130), rapid.Just(400)).Draw(t, "w")
				h := rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(8, 12), rapid.IntRange(22, 45), rapid.Just(150)).Draw(t, "h")
				m.Update(tea.WindowSizeMsg{Width: w, Height: h})
			case 1:
				m.Update(tickMsg{})
			case 2:
				at := tea.Mouse{
					X: rapid.IntRange(-1, 130).Draw(t, "x"), Y: rapid.IntRange(-1, 45).Draw(t, "y"),
					Button: rapid.SampledFrom([]tea.MouseButton{tea.MouseLeft, tea.MouseWheelUp, tea.MouseWheelDown}).Draw(t, "button"),
				}
				m.Update(rapid.SampledFrom([]tea.Msg{
					tea.MouseClickMsg(at), tea.MouseReleaseMsg(at), tea.MouseMotionMsg(at), tea.MouseWheelMsg(at),
				}).Draw(t, "mouse"))
			case 3:
				m.Update(tea.PasteMsg{Content: rapid.SampledFrom([]string{"0.5", "a\nb", "漢字", "1e999", ""}).Draw(t, "paste")})
			case 4:
				m.Update(tea.BackgroundColorMsg{Color: plot.RGB(250, 250, 250)})
			default:
				k := rapid.SampledFrom(keys).Draw(t, "key")
				if k == "q" || k == "ctrl+c" {
					continue
				}
				m.Update(keyMsg(k))
			}
			checkFrame(t, m)
		}
	})
}

// A problem whose values are not finite anywhere, or hardly, must still be a picture.
func TestNothingFiniteIsStillAPicture(t *testing.T) {
	for _, p := range problems.All() {
		if p.Domain == nil {
			continue
		}
		run := Start(problems.Ref{Name: p.Name}, "sgd", 1)
		run.Set["optimizer.lr"] = "1e6"
		m := open(t, 100, 30, Options{Runs: []train.Spec{run}, Paused: true})
		m.single(50)
		settle(t, m)
		for range 60 {
			m.Update(keyMsg("Z"))
		}
		checkFrame(t, m)
	}
}
