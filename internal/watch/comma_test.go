package watch

import "testing"

// What separates values is told from decimal commas, of which each value may have one.
func TestSeparator(t *testing.T) {
	for row, want := range map[string]byte{
		"step,loss": ',', "1,0.5": ',', "1,2,3,4;5": ',', "7": ',',
		"step;loss": ';', "0;0,5": ';', "2;0,125": ';', "1,5;1;0,250": ';', "1,5;0,25": ';', `"a,b,c,d";1`: ';',
		"0\t0,25": '\t', "1,5\t2,5\t3,5": '\t', "a\tb;c": '\t',
	} {
		if got := separator([]byte(row)); got != want {
			t.Errorf("%q: %q, not %q", row, got, want)
		}
	}
}
