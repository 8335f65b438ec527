package formula

import (
	"strconv"
	"strings"
	"unicode"
)

// kind of a token.
type kind uint8

const (
	tokEnd kind = iota
	tokNumber
	tokName
	tokRaised // superscript digits: an exponent
	tokSymbol
)

// token is a piece of the formula. Columns count runes from 1.
type token struct {
	kind kind
	text string // normalised: "*" for "·"
	val  float64
	at   int // its first column
}

// normal are other ways to type the symbols.
var normal = map[rune]string{
	'·': "*", '×': "*", '⋅': "*", '∙': "*", '÷': "/", '∕': "/", '−': "-", '–': "-", '≤': "<=", '≥': ">=", '≠': "!=", '∧': "&&", '∨': "||", '¬': "!",
}

const (
	superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹"
	subscripts   = "₀₁₂₃₄₅₆₇₈₉"
)

// digitIn returns the digit that r is in one of the two lists above.
func digitIn(list string, r rune) (byte, bool) {
	n := 0
	for _, d := range list {
		if d == r {
			return '0' + byte(n), true
		}
		n++
	}
	return 0, false
}

// show returns the text rune by rune as it can be shown: blanks for white space, � for what is not printable.
func show(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		default:
			return r
		}
	}, text)
}

type lexer struct {
	shown string
	runes []rune
	i     int
}

// lex splits a formula that is fit to be shown into tokens, of which the last is tokEnd.
func lex(shown string) ([]token, error) {
	l := lexer{shown: shown, runes: []rune(shown)}
	var tokens []token
	for {
		for l.peek(0) == ' ' {
			l.i++
		}
		t, err := l.token()
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		if t.kind == tokEnd {
			return tokens, nil
		}
	}
}

// peek returns the rune n places further on, 0 past the end.
func (l *lexer) peek(n int) rune {
	if l.i+n < len(l.runes) {
		return l.runes[l.i+n]
	}
	return 0
}

func (l *lexer) errorf(format string, args ...any) error {
	return errorAt(l.shown, l.i+1, format, args...)
}

func (l *lexer) token() (token, error) {
	r, at := l.peek(0), l.i+1
	_, raised := digitIn(superscripts, r)
	switch {
	case r == 0:
		return token{kind: tokEnd, at: at}, nil
	case isDigit(r) || r == '.' && isDigit(l.peek(1)):
		return l.number()
	case nameStart(r):
		return token{kind: tokName, text: l.name(), at: at}, nil
	case raised || r == '⁻':
		return l.raised()
	default:
		text, err := l.symbol(r)
		return token{kind: tokSymbol, text: text, at: at}, err
	}
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func nameStart(r rune) bool { return unicode.IsLetter(r) || r == '_' }

// digits takes digits and returns how many.
func (l *lexer) digits() int {
	from := l.i
	for isDigit(l.peek(0)) {
		l.i++
	}
	return l.i - from
}

func (l *lexer) number() (token, error) {
	from := l.i
	l.digits()
	if l.peek(0) == '.' {
		l.i++
		l.digits()
	}
	if e := l.peek(0); e == 'e' || e == 'E' {
		sign := 0
		if s := l.peek(1); s == '+' || s == '-' {
			sign = 1
		}
		if isDigit(l.peek(1 + sign)) { // else it is the constant e
			l.i += 1 + sign
			l.digits()
		}
	}
	text := string(l.runes[from:l.i])
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		l.i = from
		return token{}, l.errorf("%s is too large: allowed are numbers up to 1.8e308", text)
	}
	return token{kind: tokNumber, text: text, val: v, at: from + 1}, nil
}

// name takes letters, digits and underscores; x₁ and x_1 are x1.
func (l *lexer) name() string {
	var b strings.Builder
	for {
		r := l.peek(0)
		if d, ok := digitIn(subscripts, r); ok {
			r = rune(d)
		} else if !nameStart(r) && !isDigit(r) {
			name := b.String()
			if plain := strings.Replace(name, "_", "", 1); isVariable(plain) {
				return plain
			}
			return name
		}
		b.WriteRune(r)
		l.i++
	}
}

func (l *lexer) raised() (token, error) {
	at := l.i + 1
	var b strings.Builder
	if l.peek(0) == '⁻' {
		b.WriteByte('-')
		l.i++
	}
	for {
		d, ok := digitIn(superscripts, l.peek(0))
		if !ok {
			break
		}
		b.WriteByte(d)
		l.i++
	}
	v, err := strconv.ParseFloat(b.String(), 64)
	if err != nil {
		return token{}, errorAt(l.shown, at, "this exponent is not a number")
	}
	return token{kind: tokRaised, text: b.String(), val: v, at: at}, nil
}

// hints says what to write instead of a symbol that has no meaning here.
var hints = map[rune]string{
	'=': "the formula is the function alone, without an equation; to compare, write ==",
	'&': "write && for and", '|': "write || for or, and abs(x) for an absolute value",
	'%': "write x - y*floor(x/y) for the remainder of a division, x/100 for a percentage",
	'{': "write ( for a bracket", '}': "write ) for a bracket", '√': "write sqrt(x) for a root",
	'½': "write 0.5 or 1/2", '¼': "write 0.25 or 1/4", '∞': "there is no infinite number",
	'Σ': "write sum(i, 1, n, …) for a sum", '∑': "write sum(i, 1, n, …) for a sum", '∏': "write prod(i, 1, n, …) for a product",
}

func (l *lexer) symbol(r rune) (string, error) {
	if text, ok := normal[r]; ok {
		l.i++
		return text, nil
	}
	pair := string([]rune{r, l.peek(1)})
	switch pair {
	case "**", "<=", ">=", "==", "!=", "&&", "||":
		l.i += 2
		return pair, nil
	}
	if strings.ContainsRune("+-*/^()[],?:<>!", r) {
		l.i++
		return string(r), nil
	}
	if hint := hints[r]; hint != "" {
		return "", l.errorf("%c has no meaning here: %s", r, hint)
	}
	return "", l.errorf("%c has no meaning in a formula", r)
}
