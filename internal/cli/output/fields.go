package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Column says how a field of a view looks in a table.
type Column struct {
	Field  string // json name of the field
	Header string // default: the field in upper case, underscores as spaces
	// Drop orders which columns go first on a narrow terminal: higher goes first, 0 never goes.
	Drop int
	// Wrap continues what is too long for a terminal on the next line instead of cutting it.
	Wrap bool
	// Whole is cut only when nothing else can be: half of an id is none.
	Whole bool
	// Format replaces the default rendering of the value for a person.
	Format func(v any) string
	// Role colours the cell on a terminal.
	Role func(v any) int
}

// Desc describes the views of one noun.
type Desc struct {
	Noun    string   // plural, for "no users found"
	ID      string   // json name of the field that --quiet prints
	Columns []Column // default table columns
}

// Fields lists the json names of a view type in order: what --columns, csv and the documents offer.
func Fields[T any]() []string {
	var names []string
	for _, f := range fieldsOf(reflect.TypeFor[T]()) {
		names = append(names, f.name)
	}
	return names
}

type field struct {
	name  string
	index []int
}

var fieldCache sync.Map // reflect.Type → []field

// fieldsOf reads the json tags of a struct, embedded structs included, in declaration order.
func fieldsOf(t reflect.Type) []field {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if c, ok := fieldCache.Load(t); ok {
		return c.([]field)
	}
	var out []field
	for _, sf := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if name == "" || name == "-" || !sf.IsExported() {
			continue
		}
		out = append(out, field{name, sf.Index})
	}
	fieldCache.Store(t, out)
	return out
}

// value returns a field of a view by its json name.
func value(v reflect.Value, f field) any {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	fv, err := v.FieldByIndexErr(f.index)
	if err != nil {
		return nil
	}
	if fv.Kind() == reflect.Pointer {
		if fv.IsNil() {
			return nil
		}
		fv = fv.Elem()
	}
	if !computable(fv) {
		return nil
	}
	return fv.Interface()
}

// pick returns the fields that --columns (or, for a person, the description) asks for.
func (p *Printer) pick(t reflect.Type, def []string) ([]field, error) {
	all := fieldsOf(t)
	want := p.columns
	if len(want) == 0 {
		want = def
	}
	if len(want) == 0 {
		return all, nil
	}
	var out []field
	for _, name := range want {
		i := slices.IndexFunc(all, func(f field) bool { return f.name == strings.TrimSpace(name) })
		if i < 0 {
			var names []string
			for _, f := range all {
				names = append(names, f.name)
			}
			return nil, &UsageError{fmt.Sprintf("unknown column %q", name), "use some of " + strings.Join(names, ",")}
		}
		out = append(out, all[i])
	}
	return out, nil
}

// object is a JSON object that keeps the order of its keys.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON keeps the order of the members.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		k, err := json.Marshal(m.key)
		if err != nil {
			return nil, err
		}
		b.Write(k)
		b.WriteByte(':')
		var v bytes.Buffer
		if err := encodeJSON(&v, m.value, false); err != nil {
			return nil, err
		}
		b.Write(bytes.TrimRight(v.Bytes(), "\n"))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// narrow reduces a view to the fields of --columns; without the flag the view comes back whole.
func (p *Printer) narrow(v any) (any, error) {
	if len(p.columns) == 0 {
		return v, nil
	}
	rv := reflect.ValueOf(v)
	fields, err := p.pick(rv.Type(), nil)
	if err != nil {
		return nil, err
	}
	o := make(object, 0, len(fields))
	for _, f := range fields {
		o = append(o, member{f.name, value(rv, f)})
	}
	return o, nil
}
