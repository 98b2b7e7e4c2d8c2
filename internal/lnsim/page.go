package lnsim

import (
	"strconv"
	"time"
)

// page is one page of a list, newest first.
type page struct {
	Data       []any   `json:"data"`
	NextCursor *string `json:"nextCursor"`
}

// entry is one element of a list before paging.
type entry struct {
	id   string
	time time.Time
	view any
}

// paginate cuts a page out of entries that are newest first. The cursor is the
// id of the last entry of the page before, which clients must not look into.
func paginate(c *call, entries []entry) (page, error) {
	limit := 1000
	if v := c.query.Get("limit"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 1000 {
			return page{}, invalid("limit must be between 1 and 1000")
		}
		limit = n
	}
	from, err := timeParam(c, "from")
	if err != nil {
		return page{}, err
	}
	to, err := timeParam(c, "to")
	if err != nil {
		return page{}, err
	}
	cursor := c.query.Get("cursor")
	out := page{Data: []any{}}
	last := ""
	for _, e := range entries {
		if cursor != "" {
			if e.id == cursor {
				cursor = ""
			}
			continue
		}
		if (!from.IsZero() && e.time.Before(from)) || (!to.IsZero() && e.time.After(to)) {
			continue
		}
		if len(out.Data) == limit {
			out.NextCursor = &last
			break
		}
		out.Data = append(out.Data, e.view)
		last = e.id
	}
	if cursor != "" {
		return page{}, invalid("cursor is not valid")
	}
	return out, nil
}

func timeParam(c *call, name string) (time.Time, error) {
	v := c.query.Get(name)
	if v == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, v)
	if err != nil {
		return time.Time{}, invalid(name + " is not a date")
	}
	return t, nil
}
