package remote

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/axisor/axisor/pkg/ownfile"
	"github.com/axisor/axisor/pkg/secret"
)

// Target is one entry of the configuration: where copies go and how long they stay there.
type Target struct {
	Name  string         // how it is shown; no secret is in it
	Text  string         // as it is configured
	Keep  map[string]int // rules of its own: days, last, daily, weekly, monthly
	Store Store
}

// Parse reads a target: an absolute path, file:///path, or
// s3://bucket/prefix?endpoint=https://host&region=…&credentials_file=…&path_style=true, each with
// keep_days, keep_last, keep_daily, keep_weekly, keep_monthly for a retention of its own. An
// error never repeats the text: somebody may have put a secret into it.
func Parse(text string, getenv func(string) string) (Target, error) {
	if filepath.IsAbs(text) && !strings.Contains(text, "?") {
		return Target{Name: text, Text: text, Keep: map[string]int{}, Store: NewDirectory(text)}, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return Target{}, errors.New("is not an address")
	}
	if u.User != nil {
		return Target{}, errors.New("must not hold credentials: use credentials_file, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Target{}, errors.New("has parameters that cannot be read")
	}
	for name, values := range q {
		if len(values) > 1 {
			return Target{}, fmt.Errorf("has the parameter %q twice", name)
		}
	}
	t := Target{Text: text, Keep: map[string]int{}}
	for _, rule := range []string{"days", "last", "daily", "weekly", "monthly"} {
		if q.Has("keep_" + rule) {
			v := q.Get("keep_" + rule)
			n, err := strconv.Atoi(v)
			if err != nil || n < 0 {
				return Target{}, fmt.Errorf("keep_%s must be a number, not below 0", rule)
			}
			t.Keep[rule] = n
		}
		q.Del("keep_" + rule)
	}
	switch u.Scheme {
	case "file", "":
		if !filepath.IsAbs(u.Path) || u.Host != "" {
			return Target{}, errors.New("must be an absolute path")
		}
		if len(q) > 0 {
			return Target{}, unknown(q)
		}
		t.Name, t.Store = u.Path, NewDirectory(u.Path)
		return t, nil
	case "s3":
		t.Name = "s3://" + path.Join(u.Host, u.Path)
		t.Store, err = parseS3(u, q, getenv)
		return t, err
	}
	return Target{}, errors.New("must be a path, file:// or s3://")
}

func unknown(q url.Values) error {
	for name := range q {
		return fmt.Errorf("has an unknown parameter %q", name)
	}
	return nil
}

func parseS3(u *url.URL, q url.Values, getenv func(string) string) (Store, error) {
	o := S3Options{Bucket: u.Host, Prefix: strings.Trim(u.Path, "/"), Endpoint: "s3.amazonaws.com", Region: q.Get("region"), PathStyle: q.Get("path_style") == "true"}
	if o.Bucket == "" {
		return nil, errors.New("names no bucket")
	}
	if e := q.Get("endpoint"); e != "" {
		eu, err := url.Parse(e)
		if err != nil || eu.Host == "" || eu.User != nil || eu.Scheme != "http" && eu.Scheme != "https" || strings.Trim(eu.Path, "/") != "" || eu.RawQuery != "" {
			return nil, errors.New("endpoint must be an address such as https://minio.example.com:9000")
		}
		o.Endpoint, o.Insecure, o.PathStyle = eu.Host, eu.Scheme == "http", true
		if o.Insecure && !loopback(eu.Hostname()) {
			return nil, errors.New("endpoint must be https: credentials and backups would travel in the open")
		}
	}
	if v := q.Get("path_style"); v != "" && v != "true" && v != "false" {
		return nil, errors.New("path_style must be true or false")
	}
	file := q.Get("credentials_file")
	for _, name := range []string{"region", "path_style", "endpoint", "credentials_file"} {
		q.Del(name)
	}
	if len(q) > 0 {
		return nil, unknown(q)
	}
	o.Key, o.Secret, o.Token = getenv("AWS_ACCESS_KEY_ID"), secret.New(getenv("AWS_SECRET_ACCESS_KEY")), secret.New(getenv("AWS_SESSION_TOKEN"))
	if o.Region == "" {
		o.Region = getenv("AWS_REGION")
	}
	if file != "" {
		if err := o.read(file); err != nil {
			return nil, err
		}
	}
	if o.Key == "" || o.Secret.IsZero() {
		return nil, errors.New("has no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or credentials_file")
	}
	return NewS3(o)
}

// read takes credentials from a file in the form of ~/.aws/credentials; the first profile counts.
func (o *S3Options) read(file string) error {
	f, err := ownfile.Open(file, true)
	if err != nil {
		return fmt.Errorf("credentials_file: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), "=")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "aws_access_key_id":
			o.Key = value
		case "aws_secret_access_key":
			o.Secret = secret.New(value)
		case "aws_session_token":
			o.Token = secret.New(value)
		}
	}
	return lines.Err()
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
