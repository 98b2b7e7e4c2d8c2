// Package words has the words that every command says alike.
package words

import (
	"strconv"
	"strings"
)

// And lists things: "a, b and c".
func And(list []string) string { return join(list, " and ") }

// Or offers things: "a, b or c".
func Or(list []string) string { return join(list, " or ") }

func join(list []string, last string) string {
	n := len(list) - 1
	if n < 1 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:n], ", ") + last + list[n]
}

// What a change did, the field "result" of its JSON. A dry run uses the same words for what would happen.
const (
	Created       = "created"
	Updated       = "updated"
	Deleted       = "deleted"
	Unchanged     = "unchanged"
	AlreadyExists = "already_exists"
)

// Count writes a number of things: "1 payment", "2 losses", "12000 entries".
func Count[N int | int64](n N, thing string) string {
	if n != 1 {
		thing = plural(thing)
	}
	return strconv.FormatInt(int64(n), 10) + " " + thing
}

// plural is the plural of a regular English noun, or of a phrase that ends in one.
func plural(thing string) string {
	for _, hiss := range []string{"s", "x", "z", "ch", "sh"} {
		if strings.HasSuffix(thing, hiss) {
			return thing + "es"
		}
	}
	if stem, ok := strings.CutSuffix(thing, "y"); ok && stem != "" && !strings.ContainsRune("aeiou", rune(stem[len(stem)-1])) {
		return stem + "ies"
	}
	return thing + "s"
}
