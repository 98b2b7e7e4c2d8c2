package guard

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/axisor/axisor/internal/monitor"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
)

// How alerts are delivered: in batches, each notice again and again with growing
// pauses, until the receiver answers 2xx or a day has passed.
const (
	alertBatch   = 50
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
	for {
		now := g.o.Now().UTC()
		due, err := g.o.DB.ClaimGuardNotices(ctx, now, now.Add(alertLease), now.Add(-alertMaxAge), alertBatch)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, n := range due {
			status, err := g.post(ctx, n)
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

func (g *Guard) post(ctx context.Context, n models.GuardNotice) (int, error) {
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
	return monitor.Call(g.o.Alerts.HTTP, request)
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
