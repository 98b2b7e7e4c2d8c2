// Package picture owns the flags that write a figure to a file, the same in every command that has a picture.
package picture

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/wholefile"
	"github.com/axisor/axisor/pkg/chart"
)

// Files are the pictures asked for.
type Files struct {
	svg, png, html string
	force          bool
}

// Register adds --svg, --png, --html and --force.
func (f *Files) Register(s *pflag.FlagSet) {
	s.StringVar(&f.svg, "svg", "", "write a picture to this `FILE`")
	s.StringVar(&f.png, "png", "", "write a picture to this `FILE`")
	s.StringVar(&f.html, "html", "", "write a page with the picture and its numbers to this `FILE`")
	s.BoolVar(&f.force, "force", false, "replace a picture that exists")
}

// Any reports whether there is a picture to write.
func (f *Files) Any() bool { return f.svg != "" || f.png != "" || f.html != "" }

// Write draws the figure into every file asked for, readable by its owner only, and says so and whether there was any. A
// file is there completely or not at all.
func (f *Files) Write(dir string, env []string, notice func(format string, args ...any), figure func() chart.Figure) (drawn bool, err error) {
	if !f.Any() {
		return false, nil
	}
	fig := figure()
	for _, x := range []struct {
		name   string
		format chart.Format
	}{{f.svg, chart.SVG}, {f.png, chart.PNG}, {f.html, chart.HTML}} {
		if x.name == "" {
			continue
		}
		data, err := chart.Render(fig, x.format)
		if err != nil {
			return false, err
		}
		switch err := wholefile.Write(config.Absolute(x.name, dir, env), data, f.force); {
		case errors.Is(err, wholefile.ErrExists):
			return false, fmt.Errorf("--%s: %w", x.format, err)
		case err != nil:
			return false, clierr.Usagef("--%s %s: the file cannot be written", x.format, x.name).WithCause(err)
		}
		notice("written to %s", x.name)
	}
	return true, nil
}
