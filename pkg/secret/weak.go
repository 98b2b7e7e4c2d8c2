package secret

import "strings"

// A key of 32 random hexadecimal or even decimal digits is far above these.
const (
	fewestCharacters = 6  // different ones
	fewestTriples    = 16 // different runs of three
	shortestAlike    = 20 // characters, when what follows from its neighbour is taken away
	longestPart      = 31 // of a key that is a part written more than once
)

// keyboard is the order of the keys of an English keyboard; 0 comes after 9.
const keyboard = "1234567890qwertyuiopasdfghjklzxcvbnm"

// Guessable says why an encryption key has next to no entropy, in words that follow "the key", and "" when nothing is to be said
// against it. It finds what people type to fill a length, not words or names: a key is to be made, not invented.
func Guessable(s Secret) string {
	text := []rune(strings.ToLower(s.Reveal()))
	characters, triples := map[rune]bool{}, map[string]bool{}
	for i, r := range text {
		characters[r] = true
		if i+3 <= len(text) {
			triples[string(text[i:i+3])] = true
		}
	}
	switch {
	case len(characters) < fewestCharacters:
		return "is made of very few different characters"
	case len(triples) < fewestTriples || repeats(text):
		return "repeats itself"
	case alike(text, func(r rune) int { return int(r) }) < shortestAlike,
		alike(text, func(r rune) int { return strings.IndexRune(keyboard, r) }) < shortestAlike:
		return "is a sequence"
	}
	return ""
}

// repeats reports whether a part that is too short for a key is written twice or more often, the last time perhaps in part.
func repeats(text []rune) bool {
	for period := 1; period <= len(text)/2 && period <= longestPart; period++ {
		same := period
		for same < len(text) && text[same] == text[same-period] {
			same++
		}
		if same == len(text) {
			return true
		}
	}
	return false
}

// alike is the length of a text in which every run of neighbours, such as abcd, 9876 or aabb, counts three characters.
func alike(text []rune, order func(rune) int) int {
	length, run := 0, 0
	for i, r := range text {
		next := false
		if i > 0 {
			here, before := order(r), order(text[i-1])
			next = here >= 0 && before >= 0 && here-before >= -1 && here-before <= 1
		}
		if !next {
			run = 0
		}
		if run++; run <= 3 {
			length++
		}
	}
	return length
}
