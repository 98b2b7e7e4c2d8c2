package backup

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/axisor/axisor/pkg/backup/remote"
	"github.com/axisor/axisor/pkg/secret"
)

// keptNotes bounds what one verification remembers.
const keptNotes = 20

// Check says how to verify a backup.
type Check struct {
	Level      Level
	Server     secret.Secret // URL on the server to restore into; LevelDeep only
	Identities Identities    // for encrypted backups above LevelDigest
	Progress   Counter       // stored bytes read; may be nil
	Hash       bool          // LevelDeep compares hashes of the rows too; the backup must have them

	Private     PrivateServer // for when no database may be made on Server; may be nil
	PrivateOnly bool          // Server is not used at all
	OnPrivate   func()        // called when a private server is used; may be nil

	note func(string) // takes what is no damage and worth a look
}

func (c Check) noted(text string) {
	if c.note != nil {
		c.note(text)
	}
}

// Report is the outcome of one verification.
type Report struct {
	Verification

	ID       string
	Recorded bool   // the result is in the manifest
	Warning  string // why it could not be recorded
}

// Verify checks a backup and records the result in its manifest. Damage is an outcome, not
// an error: the report says so. An error means that the check itself could not be done, and
// then nothing is recorded.
func (r *Repository) Verify(ctx context.Context, e Entry, c Check) (Report, error) {
	release, err := e.hold(ctx, r.o.Now)
	if err != nil {
		return Report{}, err
	}
	defer release()
	started := r.o.Now()
	var notes []string
	c.note = func(text string) {
		if text = strings.ToValidUTF8(text, "?"); !slices.Contains(notes, text) && len(notes) < keptNotes {
			notes = append(notes, text)
		}
	}
	err = r.verify(ctx, e, c)
	var damaged *DamagedError
	if errors.Is(err, ErrUnsigned) {
		return Report{ID: e.ID, Verification: Verification{Level: LevelDigest, At: started.UTC(), Problem: e.Problem}}, nil
	}
	if err != nil && !errors.As(err, &damaged) {
		return Report{}, fmt.Errorf("verify backup %s: %w", e.ID, err)
	}
	level := c.Level
	if e.IsBase() && level == LevelDeep {
		level = LevelDecode // what was done
	}
	v := Verification{
		Level: level, At: started.UTC(), OK: err == nil, DurationMs: r.o.Now().Sub(started).Milliseconds(), Warnings: notes,
	}
	if damaged != nil {
		v.Level, v.Problem = damaged.Level, damaged.Problem
	}
	report := Report{ID: e.ID, Verification: v}
	if e.Manifest == nil {
		report.Warning = "not recorded: there is no manifest to write to"
		return report, nil
	}
	if e.store != nil {
		report.Warning = "not recorded: the check was of a copy"
		return report, nil
	}
	if err := record(ctx, e, v); err != nil {
		report.Warning = "not recorded: " + err.Error()
	} else {
		report.Recorded = true
	}
	return report, nil
}

// verify goes level by level: pg_restore has been seen to crash on damaged input, so it only
// ever gets bytes whose digest is right.
func (r *Repository) verify(ctx context.Context, e Entry, c Check) error {
	if e.Manifest == nil {
		return &DamagedError{ID: e.ID, Level: LevelDigest, Problem: e.Problem}
	}
	if e.State == StateUnsigned {
		return &SignatureError{ID: e.ID, Problem: e.Problem}
	}
	if !c.Level.Valid() {
		return &InputError{Field: "level", Value: string(c.Level), Rule: "must be digest, decode or deep"}
	}
	for _, f := range e.Manifest.files() {
		if err := checkDigest(ctx, e, f, c.Progress); err != nil {
			return err
		}
	}
	if c.Level == LevelDigest {
		return nil
	}
	identities, err := openIdentities(e, c.Identities)
	if err != nil {
		return err
	}
	if e.IsBase() {
		return r.decodeBase(ctx, e, identities)
	}
	if e.Manifest.Globals != nil {
		if err := feed(ctx, e, *e.Manifest.Globals, identities, io.Discard); err != nil {
			return err
		}
	}
	if c.Level == LevelDeep {
		return r.deep(ctx, e, c, identities)
	}
	return r.decode(ctx, e, identities)
}

func openIdentities(e Entry, get Identities) ([]age.Identity, error) {
	if e.Manifest.Encryption == nil {
		return nil, nil
	}
	if get == nil {
		return nil, ErrNoIdentity
	}
	list, err := get()
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, ErrNoIdentity
	}
	return list, nil
}

func checkDigest(ctx context.Context, e Entry, f FileInfo, progress Counter) error {
	return checkDigestInto(ctx, e, f, progress, io.Discard)
}

// checkDigestInto also hands on what it reads.
func checkDigestInto(ctx context.Context, e Entry, f FileInfo, progress Counter, w io.Writer) error {
	var sum string
	var n int64
	in, err := e.open(ctx, f.Name)
	if err == nil {
		// A file that is too long is wrong already: no need to read all of it.
		sum, n, err = digest(ctx, io.TeeReader(io.LimitReader(in, f.Bytes+1), w), f.Name, progress)
		in.Close()
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, os.ErrNotExist):
		return &DamagedError{ID: e.ID, File: f.Name, Level: LevelDigest, Problem: "file " + f.Name + " is missing"}
	case errors.Is(err, os.ErrPermission), errors.Is(err, remote.ErrUnavailable), errors.Is(err, remote.ErrDenied):
		return err
	case err != nil:
		return &DamagedError{ID: e.ID, File: f.Name, Level: LevelDigest, Problem: "file " + f.Name + " cannot be read", Cause: err}
	case n != f.Bytes:
		have := fmt.Sprintf("%d bytes", n)
		if n > f.Bytes {
			have = "more bytes"
		}
		return &DamagedError{
			ID: e.ID, File: f.Name, Level: LevelDigest,
			Problem: fmt.Sprintf("file %s has %s instead of %d", f.Name, have, f.Bytes),
		}
	case sum != f.SHA256:
		return &DamagedError{ID: e.ID, File: f.Name, Level: LevelDigest, Problem: "content of " + f.Name + " has changed (SHA-256)"}
	}
	return nil
}

// decode lets pg_restore read the whole archive and throws its output away.
func (r *Repository) decode(ctx context.Context, e Entry, identities []age.Identity) error {
	tools, err := r.o.Tools.Find(ctx, r.archiveMajor(e))
	if err != nil {
		return err
	}
	check, err := startCheck(ctx, tools.Restore, nil)
	if err != nil {
		return err
	}
	return judge(ctx, e, LevelDecode, feed(ctx, e, e.Manifest.Archive, identities, check), check.finish(ctx))
}

// decodeBase reads a base backup to its end and compares every file with the server's own list. There is
// no deeper check than a recovery.
func (r *Repository) decodeBase(ctx context.Context, e Entry, identities []age.Identity) error {
	check := startTarCheck(strongSums(e.Manifest), nil)
	feeding := feed(ctx, e, e.Manifest.Archive, identities, check)
	reading := check.finish(ctx)
	if reading != nil && ctx.Err() == nil && !errors.Is(feeding, ErrDamaged) {
		return &DamagedError{ID: e.ID, File: e.Manifest.Archive.Name, Level: LevelDecode, Problem: reading.Error(), Cause: reading}
	}
	return feeding
}

// archiveMajor is the release that wrote the archive: an older pg_restore cannot open it.
func (r *Repository) archiveMajor(e Entry) int {
	v, err := ParseVersion(e.Manifest.ClientVersion)
	if err != nil {
		return 0 // let any release try
	}
	return v.Major
}

// judge turns the two ends of a pipe into one verdict on the backup.
func judge(ctx context.Context, e Entry, level Level, feeding, reading error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, err := range []error{feeding, reading} {
		var tool *ToolError
		var damaged *DamagedError
		switch {
		case err == nil:
		case errors.As(err, &damaged), errors.Is(err, ErrNoIdentity), errors.Is(err, ErrWrongIdentity):
			return err
		case errors.As(err, &tool) && level != LevelDeep:
			return &DamagedError{ID: e.ID, File: e.Manifest.Archive.Name, Level: level, Problem: tool.Error(), Cause: tool}
		default:
			return err
		}
	}
	return nil
}

// feed decrypts and decompresses one file into w and compares what comes out with what
// pg_dump wrote.
func feed(ctx context.Context, e Entry, f FileInfo, identities []age.Identity, w io.Writer) error {
	file, err := e.open(ctx, f.Name)
	if err != nil {
		return err
	}
	defer file.Close()
	return decodeTo(ctx, e, f, file, identities, w)
}

// decodeTo is feed for a file that is open already.
func decodeTo(ctx context.Context, e Entry, f FileInfo, file io.Reader, identities []age.Identity, w io.Writer) error {
	damaged := func(problem string, cause error) error {
		return &DamagedError{ID: e.ID, File: f.Name, Level: LevelDecode, Problem: problem, Cause: cause}
	}
	codec, err := ParseCodec(e.Manifest.Compression)
	if err != nil {
		return err
	}
	source := &reader{ctx: ctx, r: file}
	plain, err := unseal(source, codec, e.Manifest.Encryption != nil, identities)
	if errors.Is(err, ErrNoIdentity) || errors.Is(err, ErrWrongIdentity) {
		return err
	}
	if err != nil {
		return cmp.Or(storeFault(source.err), damaged("content of "+f.Name+" cannot be opened", err))
	}
	defer plain.Close()
	raw := sha256.New()
	src := &reader{ctx: ctx, r: plain}
	n, err := copyCounting(io.MultiWriter(raw, w), src, nil)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case storeFault(source.err) != nil:
		return source.err
	case src.err != nil:
		return damaged("content of "+f.Name+" cannot be decoded", src.err)
	case err != nil:
		return err
	case n != f.RawBytes || hex.EncodeToString(raw.Sum(nil)) != f.RawSHA256:
		return damaged("content of "+f.Name+" decodes to something else than was dumped", nil)
	}
	return nil
}

// storeFault is the error when it is the store that does not answer: what it holds may be whole.
func storeFault(err error) error {
	if errors.Is(err, remote.ErrUnavailable) || errors.Is(err, remote.ErrDenied) {
		return err
	}
	return nil
}

// reader stops on a cancelled context and remembers whether reading (and not writing) failed.
type reader struct {
	ctx context.Context // io.Reader has no room for it
	r   io.Reader
	err error
}

func (r *reader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	n, err := r.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}
