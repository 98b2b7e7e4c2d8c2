package user

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/models"
)

// detailWords writes the details that are there as name=value, and what a change changed as name: old → new.
func detailWords(v any) string {
	raw, ok := v.(models.JSON)
	if !ok {
		return ""
	}
	var all map[string]json.RawMessage
	if err := raw.Decode(&all); err != nil {
		return string(raw)
	}
	words := changeWords(all["old_values"], all["new_values"])
	delete(all, "old_values")
	delete(all, "new_values")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if word := valueWord(name, all[name]); word != "" && word != "null" {
			words = append(words, name+"="+word)
		}
	}
	return strings.Join(words, " ")
}

// changeWords are the fields of a row that a change made different. A row that was made or deleted has no changes.
func changeWords(before, after json.RawMessage) (words []string) {
	var was, is map[string]json.RawMessage
	if models.JSON(before).Decode(&was) != nil || models.JSON(after).Decode(&is) != nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(is)) {
		old, had := was[name]
		if !had || name == "updated_at" || bytes.Equal(old, is[name]) {
			continue
		}
		words = append(words, fmt.Sprintf("%s: %s → %s,", name, valueWord(name, old), valueWord(name, is[name])))
	}
	if n := len(words); n > 0 {
		words[n-1] = strings.TrimSuffix(words[n-1], ",")
	}
	return words
}

// valueWord writes a value for a person: texts without quotes, sats without fractions, numbers without exponents.
func valueWord(name string, raw json.RawMessage) string {
	var text string
	if exactjson.Unmarshal(raw, &text) == nil && !bytes.Equal(raw, []byte("null")) {
		return text
	}
	number, ok := new(big.Rat).SetString(string(raw))
	if !ok {
		return string(raw)
	}
	if name == "pnl" || strings.HasSuffix(name, "_sats") {
		return number.FloatString(0)
	}
	f, _ := number.Float64()
	return output.Number(f)
}
