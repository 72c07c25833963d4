package filter

import (
	"fmt"
	"strings"
)

// Caps of an expression.
const (
	maxLength = 8 << 10 // characters
	maxDepth  = 64      // parentheses and negations inside each other
	maxVLANs  = 8       // vlan keywords
)

// SyntaxError says where an expression is wrong and what was expected there.
type SyntaxError struct {
	Expr     string
	Position int // of the character, from 1
	Found    string
	Expected string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	found := "the expression ends"
	if e.Found != "" {
		found = fmt.Sprintf("%q", e.Found)
	}
	return fmt.Sprintf("filter: position %d: %s, expected %s", e.Position, found, e.Expected)
}

// token is a word or sign; at the end it is empty.
type token struct {
	text string
	at   int
}

// signs stand for themselves without spaces around.
var signs = []string{"&&", "||", "(", ")", "!"}

// tokens splits an expression.
func tokens(expr string) []token {
	var out []token
	for i := 0; i < len(expr); {
		if space(expr[i]) {
			i++
			continue
		}
		n := len(sign(expr[i:]))
		for n == 0 || i+n < len(expr) && !space(expr[i+n]) && sign(expr[i:]) == "" && sign(expr[i+n:]) == "" {
			n++
		}
		out = append(out, token{word(expr[i : i+n]), i})
		i += n
	}
	return append(out, token{"", len(expr)})
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func sign(s string) string {
	for _, t := range signs {
		if strings.HasPrefix(s, t) {
			return t
		}
	}
	return ""
}

// word gives the signs their words.
func word(s string) string {
	switch s {
	case "&&":
		return "and"
	case "||":
		return "or"
	case "!":
		return "not"
	}
	return s
}
