package guard

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
)

// How alerts are delivered: in batches, each notice again and again with growing
// pauses, until the receiver answers 2xx or a day has passed.
const (
	alertBatch   = 50
	alertTimeout = 10 * time.Second
	alertBudget  = 30 * time.Second
	alertLease   = time.Minute
	alertPause   = 30 * time.Second
	alertMaxWait = time.Hour
	alertMaxAge  = 24 * time.Hour
)

// Alerts says who is told what the guard does. Empty fields tell nobody.
type Alerts struct {
	URL    string
	Secret secret.Secret
	// PingURL is told when a run starts, ends and fails.
	PingURL string
	// MetricsFile receives the numbers of each run.
	MetricsFile string
	HTTP        *http.Client
}

func (a Alerts) client() *http.Client {
	c := http.Client{}
	if a.HTTP != nil {
		c = *a.HTTP
	}
	c.Timeout = alertTimeout
	// A redirect would carry the signed body elsewhere.
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// alert is the body that a receiver gets.
type alert struct {
	ID        string          `json:"id"`
	Kind      string          `json:"kind"`
	Severity  string          `json:"severity"`
	Message   string          `json:"message"`
	CreatedAt string          `json:"created_at"`
	UserID    *string         `json:"user_id"`
	RunID     *string         `json:"run_id"`
	IntentID  *string         `json:"intent_id"`
	TradeID   *string         `json:"trade_id"`
	Details   json.RawMessage `json:"details"`
	Attempt   int32           `json:"attempt"`
}

// deliver sends the notices that are due. A notice may arrive twice, when this
// process ends between the answer and its record; its id tells.
func (g *Guard) deliver(ctx context.Context) error {
	if g.o.Alerts.URL == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, alertBudget)
	defer cancel()
	client := g.o.Alerts.client()
	for {
		now := g.o.Now().UTC()
		due, err := g.o.DB.ClaimGuardNotices(ctx, now, now.Add(alertLease), now.Add(-alertMaxAge), alertBatch)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, n := range due {
			status, err := g.post(ctx, client, n)
			if err == nil {
				err = g.o.DB.GuardNoticeDelivered(ctx, n.ID, status, g.o.Now().UTC())
			} else {
				g.o.Log.WarnContext(ctx, "alert not delivered", "notice_id", n.ID, "error", err.Error())
				wait := min(alertPause<<min(n.Attempts-1, 10), alertMaxWait)
				err = g.o.DB.GuardNoticeFailed(ctx, n.ID, status, err.Error(), g.o.Now().UTC().Add(wait))
			}
			if err != nil {
				return err
			}
		}
	}
}

func (g *Guard) post(ctx context.Context, client *http.Client, n models.GuardNotice) (int, error) {
	body, err := json.Marshal(alert{
		ID: n.ID, Kind: n.Kind, Severity: n.Severity, Message: n.Message, CreatedAt: n.CreatedAt.UTC().Format(time.RFC3339),
		UserID: n.UserID, RunID: n.RunID, IntentID: n.IntentID, TradeID: n.TradeID, Details: json.RawMessage(n.Details),
		Attempt: n.Attempts,
	})
	if err != nil {
		return 0, fmt.Errorf("encode alert: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.o.Alerts.URL, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("build alert: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "axisor/"+g.o.Version)
	request.Header.Set("X-Axisor-Delivery", n.ID)
	if !g.o.Alerts.Secret.IsZero() {
		request.Header.Set("X-Axisor-Signature", Sign(g.o.Alerts.Secret, g.o.Now(), body))
	}
	return exchangeHTTP(client, request)
}

// Sign is the signature of an alert: the time and the HMAC-SHA256 of the time,
// a dot and the body. The time lets a receiver refuse a replay.
func Sign(key secret.Secret, at time.Time, body []byte) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// exchangeHTTP sends a request whose answer matters only by its status.
func exchangeHTTP(client *http.Client, r *http.Request) (int, error) {
	answer, err := client.Do(r)
	if err != nil {
		// The address may hold a token in its path; the error repeats it.
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

// ping tells a monitor about a run; step is "start", "fail" or empty for the
// good end. Nobody is protected worse when it fails, so it only says so.
func (g *Guard) ping(ctx context.Context, step, text string) {
	if g.o.Alerts.PingURL == "" {
		return
	}
	u, err := url.Parse(g.o.Alerts.PingURL)
	if err != nil {
		return
	}
	if step != "" {
		u = u.JoinPath(step)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(text))
	if err == nil {
		request.Header.Set("Content-Type", "text/plain; charset=utf-8")
		request.Header.Set("User-Agent", "axisor/"+g.o.Version)
		_, err = exchangeHTTP(g.o.Alerts.client(), request)
	}
	if err != nil {
		g.o.Log.WarnContext(ctx, "monitor not reached", "error", err.Error())
	}
}
