package admin

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/models"
)

// The rules that the database checks too. Checking here first names the field
// and costs no round trip.
const (
	minUsername = 3
	maxUsername = 50
	// maxEmail is the longest address that mail can be sent to.
	maxEmail = 254
)

// emailPattern is compiled once: an import checks a hundred thousand addresses.
var emailPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^[A-Z0-9._%+-]+@[A-Z0-9.-]+\.[A-Z]{2,}$`)
})

// normalEmail checks an address and returns it as it is stored: in lower case,
// because the unique key tells cases apart and people do not.
func normalEmail(raw string) (string, error) {
	email := strings.TrimSpace(raw)
	bad := func(rule string) (string, error) {
		return "", &InputError{Field: "email", Value: email, Rule: rule, Hint: "an address looks like name@example.com"}
	}
	ascii := !strings.ContainsFunc(email, func(r rune) bool { return r > unicode.MaxASCII })
	if !ascii || !emailPattern().MatchString(email) {
		return bad("it is not an e-mail address")
	}
	if len(email) > maxEmail {
		return bad("it is longer than 254 characters")
	}
	return strings.ToLower(email), nil
}

// checkUsername applies the database's rule on length, in characters, and
// refuses what could not be typed or seen.
func checkUsername(name string) error {
	bad := func(rule string) error { return &InputError{Field: "username", Value: name, Rule: rule} }
	n := utf8.RuneCountInString(name)
	switch {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return bad("it contains unprintable characters")
	case strings.TrimSpace(name) != name:
		return bad("it begins or ends with a space")
	case n < minUsername || n > maxUsername:
		return bad("it must have 3 to 50 characters")
	}
	return nil
}

// checkPreferences wants a JSON object or nothing.
func checkPreferences(raw models.JSON) error {
	if len(raw) == 0 {
		return nil
	}
	if !raw.IsObject() {
		return &InputError{Field: "preferences", Rule: "it must be a JSON object", Hint: `for example {"theme":"dark"}`}
	}
	if err := exactjson.Storable(raw); err != nil {
		return &InputError{Field: "preferences", Rule: err.Error()}
	}
	return nil
}

func checkPlan(p models.PlanType) error {
	if p == "" || p.Valid() {
		return nil
	}
	var names []string
	for _, known := range models.PlanTypes() {
		names = append(names, string(known))
	}
	return &InputError{Field: "plan", Value: string(p), Rule: "no such plan", Hint: "use one of " + strings.Join(names, ", ")}
}

// ParsePlan reads a plan's slug in any case.
func ParsePlan(text string) (models.PlanType, error) {
	p := models.PlanType(strings.ToLower(strings.TrimSpace(text)))
	if p == "" {
		return p, &InputError{Field: "plan", Rule: "it is empty"}
	}
	return p, checkPlan(p)
}
