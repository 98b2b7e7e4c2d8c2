// Package monitor tells machines how a job went: a file with numbers for Prometheus, and calls to an address that
// raises the alarm when they stop. It knows no job. Trouble with telling never changes what a job did, so it is
// logged and swallowed; the address may hold a token and is in no message.
package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	callTimeout = 10 * time.Second
	endBudget   = 30 * time.Second
)

// Step is what happens to a run.
type Step string

// The steps. A good end is the address itself, as monitoring services want it.
const (
	Start Step = "start"
	Done  Step = ""
	Fail  Step = "fail"
)

// Monitor is who is told about the runs of one job. Empty fields tell nobody.
type Monitor struct {
	Job     string // the word in the metrics: axisor_<job>_…
	PingURL string
	File    string
	Agent   string       // User-Agent
	HTTP    *http.Client // nil: the default
	Log     *slog.Logger
	Now     func() time.Time
}

// Run is one run of the job, from begin to end.
type Run struct {
	m       Monitor
	started time.Time
}

// Begin says that a run starts.
func (m Monitor) Begin(ctx context.Context) *Run {
	m.Ping(ctx, Start, "")
	return &Run{m: m, started: m.Now()}
}

// End says how the run went, also when it was interrupted. The job's own numbers are added by the function, which
// may be nil; the text goes to the monitoring service.
func (r *Run) End(ctx context.Context, failure error, text string, numbers func(*Metrics) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endBudget)
	defer cancel()
	if failure != nil {
		r.m.Ping(ctx, Fail, failure.Error())
	} else {
		r.m.Ping(ctx, Done, text)
	}
	r.m.Write(ctx, r.started, r.m.Now(), failure, numbers)
}

// Write replaces the metrics file. A finish of zero is a run that never came to work.
func (m Monitor) Write(ctx context.Context, started, finished time.Time, failure error, numbers func(*Metrics) error) {
	if m.File == "" {
		return
	}
	text := Metrics{prefix: "axisor_" + m.Job + "_"}
	text.Bool("last_run_success", "Whether the last run came to a good end.", failure == nil)
	text.Time("last_run_timestamp_seconds", "When the last run started.", &started)
	if !finished.IsZero() {
		text.Gauge("last_run_duration_seconds", "How long the last run took.", finished.Sub(started).Round(time.Millisecond).Seconds())
	}
	var err error
	if numbers != nil {
		err = numbers(&text)
	}
	if name := text.prefix + "last_success_timestamp_seconds"; !strings.Contains(text.text.String(), name) {
		at := finished
		if failure != nil {
			at = kept(m.File, name)
		}
		text.Time("last_success_timestamp_seconds", "When a run last came to a good end.", &at)
	}
	if err == nil {
		err = replace(m.File, text.text.String())
	}
	if err != nil {
		m.Log.WarnContext(ctx, "metrics not written", "error", err.Error())
	}
}

// Ping calls the address about a step of a run.
func (m Monitor) Ping(ctx context.Context, step Step, text string) {
	if m.PingURL == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := m.call(ctx, step, text); err != nil {
		m.Log.WarnContext(ctx, "monitor not reached", "job", m.Job, "error", err.Error())
	}
}

func (m Monitor) call(ctx context.Context, step Step, text string) error {
	u, err := url.Parse(m.PingURL)
	if err != nil {
		return errors.New("the address of the monitor is not a URL")
	}
	if step != Done {
		u = u.JoinPath(string(step))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(text))
	if err != nil {
		return errors.New("the address of the monitor is not a URL")
	}
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	request.Header.Set("User-Agent", m.Agent)
	_, err = Call(m.HTTP, request)
	return err
}

// Call sends a request whose answer matters only by its status, and returns that. It follows no redirect, which
// would carry the body elsewhere, and its errors name the host only: the rest of an address may be a token.
func Call(client *http.Client, r *http.Request) (int, error) {
	c := http.Client{}
	if client != nil {
		c = *client
	}
	c.Timeout = callTimeout
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := c.Do(r) //nolint:gosec // the address is the operator's own
	if err != nil {
		if wrapped, ok := err.(*url.Error); ok { //nolint:errorlint // the client always returns this type itself
			err = wrapped.Err
		}
		return 0, fmt.Errorf("call %s: %w", r.URL.Host, err)
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 4<<10))
	if answer.StatusCode/100 != 2 {
		return answer.StatusCode, fmt.Errorf("%s answered %d", r.URL.Host, answer.StatusCode)
	}
	return answer.StatusCode, nil
}
