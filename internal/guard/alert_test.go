package guard_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
)

// inbox is somebody who is told things.
type inbox struct {
	*httptest.Server
	mu       sync.Mutex
	status   int
	paths    []string
	bodies   []string
	signed   []string
	delivery []string
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	b := &inbox{status: http.StatusNoContent}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.paths, b.bodies = append(b.paths, r.URL.Path), append(b.bodies, string(body))
		b.signed = append(b.signed, r.Header.Get("X-Axisor-Signature"))
		b.delivery = append(b.delivery, r.Header.Get("X-Axisor-Delivery"))
		w.WriteHeader(b.status)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *inbox) answer(status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status = status
}

func (s *stage) notices(t *testing.T) []models.GuardNotice {
	t.Helper()
	var rows []models.GuardNotice
	require.NoError(t, s.db.Gorm(t.Context()).Order("created_at, kind").Find(&rows).Error)
	return rows
}

func TestAlerts_AreStoredWithTheOutcomeAndDeliveredSigned(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.person(t, "anna")
	s.sim.MustPrice(91700)
	box := newInbox(t)
	key := secret.New("shared with the receiver")
	tell := func(o *guard.Options) { o.Alerts = guard.Alerts{URL: box.URL + "/hook", Secret: key} }

	_, err := s.run(t, marginguard.Request{DryRun: true}, tell)
	require.NoError(t, err)
	require.Empty(t, s.notices(t), "a dry run tells nobody")
	require.Empty(t, box.bodies)

	box.answer(http.StatusServiceUnavailable)
	s.must(t, tell)
	rows := s.notices(t)
	require.Len(t, rows, 1)
	require.Equal(t, "margin_added", rows[0].Kind)
	require.Equal(t, models.NoticePending, rows[0].State)
	require.Equal(t, int32(503), *rows[0].HTTPStatus)
	require.Equal(t, s.intents(t)[0].ID, *rows[0].IntentID)

	s.must(t, tell)
	require.Len(t, box.bodies, 1, "too early for another attempt")
	s.advance(31 * time.Second)
	box.answer(http.StatusOK)
	s.must(t, tell)
	require.Equal(t, models.NoticeDelivered, s.notices(t)[0].State)
	require.Len(t, box.bodies, 2)
	require.Equal(t, rows[0].ID, box.delivery[1])
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(box.bodies[1]), &got))
	require.Equal(t, "margin_added", got["kind"])
	require.Equal(t, "info", got["severity"])
	require.Equal(t, p.id, got["user_id"])
	require.InDelta(t, 42105, got["details"].(map[string]any)["amount_sats"], 0)
	require.InDelta(t, 2, got["attempt"], 0)
	stamp, sum, _ := strings.Cut(strings.TrimPrefix(box.signed[1], "t="), ",v1=")
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(stamp + "." + box.bodies[1]))
	require.Equal(t, hex.EncodeToString(mac.Sum(nil)), sum)

	s.must(t, tell)
	require.Len(t, box.bodies, 2, "delivered once is enough")
}

func TestAlerts_SayWhoIsNotProtected(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "poor", func(w *personOptions) { w.balance = 50 })
	s.sim.MustPrice(91700)
	s.must(t)
	rows := s.notices(t)
	require.Len(t, rows, 1)
	require.Equal(t, "position_unprotected", rows[0].Kind)
	require.Equal(t, "critical", rows[0].Severity)
	s.advance(time.Minute)
	s.must(t)
	require.Len(t, s.notices(t), 1, "not every minute")
	s.advance(time.Hour)
	s.must(t)
	require.Len(t, s.notices(t), 2)
}

func TestAlerts_UnknownOutcome(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	s.sim.MustPrice(91700)
	s.sim.MustFail(lnsim.Fault{Method: http.MethodPost, Path: addMargin, Cut: true})
	s.must(t)
	rows := s.notices(t)
	require.Len(t, rows, 1)
	require.Equal(t, "addition_unknown", rows[0].Kind)
	require.Equal(t, "critical", rows[0].Severity)
}

func TestPingAndMetrics(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.person(t, "anna")
	s.sim.MustPrice(91700)
	box := newInbox(t)
	file := filepath.Join(t.TempDir(), "guard.prom")
	tell := func(o *guard.Options) { o.Alerts = guard.Alerts{PingURL: box.URL + "/p/token", MetricsFile: file} }
	_, err := s.run(t, marginguard.Request{DryRun: true}, tell)
	require.NoError(t, err)
	require.NoFileExists(t, file)
	require.Empty(t, box.paths)

	s.must(t, tell)
	require.Equal(t, []string{"/p/token/start", "/p/token"}, box.paths)
	require.Contains(t, box.bodies[1], "1 added (42105 sats)")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, line := range []string{
		"axisor_guard_last_run_success 1", "axisor_guard_last_run_added_sats 42105", "axisor_guard_open_intents 0",
		"# TYPE axisor_guard_last_run_price gauge", "axisor_guard_last_run_price 91700",
	} {
		require.Contains(t, string(text), line+"\n")
	}
	mode, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o644), mode.Mode().Perm())

	_, err = s.run(t, marginguard.Request{}, tell, func(o *guard.Options) { o.BaseURL = "http://127.0.0.1:1/v3" })
	require.Error(t, err)
	require.Equal(t, "/p/token/fail", box.paths[len(box.paths)-1])
	text, err = os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), "axisor_guard_last_run_success 0\n")
	left, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, left, 1)
}
