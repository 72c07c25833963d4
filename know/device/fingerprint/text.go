package fingerprint

import (
	"strings"
	"unicode/utf8"
)

// maxTextWords bounds how much of one value is looked at.
const maxTextWords = 64

// word is one word of a text: lower case, without accents.
type word struct {
	text       string
	start, end int // where it stood in the text
}

// number reports whether the word is digits, with dots between.
func (w word) number() bool { return w.text[0] >= '0' && w.text[0] <= '9' }

// split cuts a text into words: runs of letters, and numbers such as 9.2.1.
// "MX450", "MX-450" and "mx 450" are the same two words. A privacy token
// ("~" and letters) is a word of its own that equals no other.
func split(into []word, s string) []word {
	for i := 0; i < len(s) && len(into) < maxTextWords; {
		end := i
		switch c := s[i]; {
		case c == '~':
			end = i + 1
			for end < len(s) && (isLetter(s[end]) || isDigit(s[end])) {
				end++
			}
		case isDigit(c):
			end = numberEnd(s, i)
		case isLetter(c):
			end = i + 1
			for end < len(s) && isLetter(s[end]) {
				end++
			}
		default:
			_, n := utf8.DecodeRuneInString(s[i:])
			i += n
			continue
		}
		into = append(into, word{fold(s[i:end]), i, end})
		i = end
	}
	return into
}

// numberEnd returns where the number that starts at i ends.
func numberEnd(s string, i int) int {
	for i < len(s) && (isDigit(s[i]) || s[i] == '.' && i+1 < len(s) && isDigit(s[i+1])) {
		i++
	}
	return i
}

// isLetter takes every byte of a non-ASCII character for a letter's.
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

var accents = strings.NewReplacer("ä", "a", "á", "a", "à", "a", "â", "a", "ã", "a", "å", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e",
	"í", "i", "ì", "i", "î", "i", "ï", "i", "ñ", "n", "ö", "o", "ó", "o", "ò", "o", "ô", "o", "õ", "o", "ø", "o", "ü", "u", "ú", "u", "ù", "u", "û", "u",
	"ß", "ss", "æ", "ae", "œ", "oe", "™", "", "®", "", "©", "", "\u00a0", "")

// fold lowers case and takes accents off.
func fold(s string) string {
	plain := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return accents.Replace(strings.ToLower(s))
}
