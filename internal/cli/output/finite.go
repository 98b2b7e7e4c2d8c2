package output

import (
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"reflect"
	"time"
)

// mostWarned is how many values without a form are named; of more there is only the number.
const mostWarned = 20

// computable reports whether a value is anything but a number that is none.
func computable(v reflect.Value) bool {
	return v.Kind() != reflect.Float64 && v.Kind() != reflect.Float32 || !math.IsNaN(v.Float()) && !math.IsInf(v.Float(), 0)
}

// finite is a value with null in the place of every number that JSON has no form for.
func finite(v reflect.Value) any {
	if !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return nil
	}
	if o, ok := reflect.TypeAssert[object](v); ok {
		out := make(object, len(o))
		for i, m := range o {
			out[i] = member{m.key, finite(reflect.ValueOf(m.value))}
		}
		return out
	}
	if _, own := reflect.TypeAssert[json.Marshaler](v); own {
		return v.Interface()
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return finite(v.Elem())
	case reflect.Struct:
		out := object{}
		for _, f := range fieldsOf(v.Type()) {
			if fv, err := v.FieldByIndexErr(f.index); err == nil {
				out = append(out, member{f.name, finite(fv)})
			}
		}
		return out
	case reflect.Slice, reflect.Array:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = finite(v.Index(i))
		}
		return out
	case reflect.Map:
		out := make(map[string]any, v.Len())
		for _, key := range v.MapKeys() {
			out[fmt.Sprint(key.Interface())] = finite(v.MapIndex(key))
		}
		return out
	}
	if !computable(v) {
		return nil
	}
	return v.Interface()
}

// warnOfNulls passes rows on and warns of values that come out as null because no format has a form for them.
func (p *Printer) warnOfNulls(t reflect.Type, d Desc, items iter.Seq2[any, error]) iter.Seq2[any, error] {
	var risky []field
	for _, f := range fieldsOf(t) {
		switch ft := t.FieldByIndex(f.index).Type; {
		case ft == reflect.TypeFor[Time](), ft == reflect.TypeFor[*Time](), ft == reflect.TypeFor[float64](), ft == reflect.TypeFor[*float64]():
			risky = append(risky, f)
		}
	}
	if len(risky) == 0 {
		return items
	}
	return func(yield func(any, error) bool) {
		n := 0
		for v, err := range items {
			if err == nil {
				n = p.warnOf(reflect.ValueOf(v), d, risky, n)
			}
			if !yield(v, err) {
				break
			}
		}
		if n > mostWarned {
			p.Warn("%d values are null because they are no number or no time", n)
		}
	}
}

func (p *Printer) warnOf(rv reflect.Value, d Desc, risky []field, n int) int {
	for _, f := range risky {
		fv, err := rv.FieldByIndexErr(f.index)
		if err != nil || fv.Kind() == reflect.Pointer && fv.IsNil() {
			continue
		}
		if fv.Kind() == reflect.Pointer {
			fv = fv.Elem()
		}
		said := ""
		if at, isTime := reflect.TypeAssert[Time](fv); isTime && !at.known() && !time.Time(at).IsZero() {
			said = fmt.Sprintf("the year %d", time.Time(at).UTC().Year())
		} else if !computable(fv) {
			said = fmt.Sprint(fv.Float())
		}
		if said == "" {
			continue
		}
		if n++; n > mostWarned {
			continue
		}
		id := ""
		for _, key := range fieldsOf(rv.Type()) {
			if key.name == d.ID {
				id = " " + plain(value(rv, key))
			}
		}
		p.Warn("%s%s: %s holds %s, which no format has a form for: null", d.Noun, id, f.name, said)
	}
	return n
}
