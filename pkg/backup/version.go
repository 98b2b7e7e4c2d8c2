package backup

import (
	"fmt"
	"strconv"
)

// Version is a PostgreSQL release such as 17.11. Development and beta releases have minor 0.
type Version struct {
	Major, Minor int
}

var versionPattern = pattern(`(?:^|\s)(\d+)(?:\.(\d+))?(?:devel|beta\d+|rc\d+)?(?:\.\d+)*(?:\s|$)`)

// ParseVersion reads the answer of a client program to --version.
func ParseVersion(text string) (Version, error) {
	m := versionPattern().FindStringSubmatch(text)
	if m == nil {
		return Version{}, fmt.Errorf("no version number in %q", text)
	}
	v := Version{}
	v.Major, _ = strconv.Atoi(m[1])
	v.Minor, _ = strconv.Atoi(m[2])
	return v, nil
}

// versionFromNumber splits the server's server_version_num.
func versionFromNumber(n int) Version { return Version{Major: n / 10000, Minor: n % 10000} }

// String writes the version as PostgreSQL does.
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

func (v Version) before(o Version) bool {
	return v.Major < o.Major || v.Major == o.Major && v.Minor < o.Minor
}

// Warning returns a sentence when this client release has published holes that a hostile
// archive or server can use (CVE-2025-8714, CVE-2026-6477, CVE-2026-18408), else "".
func (v Version) Warning() string {
	var floor Version
	switch v.Major {
	case 18:
		floor = Version{18, 6}
	case 17:
		floor = Version{17, 11}
	case 16:
		floor = Version{16, 15}
	case 15:
		floor = Version{15, 19}
	case 14:
		floor = Version{14, 24}
	default:
		if v.Major > 18 {
			return ""
		}
		return fmt.Sprintf("PostgreSQL client programs %s no longer get security fixes", v)
	}
	if v.before(floor) {
		return fmt.Sprintf("PostgreSQL client programs %s have known security holes, update to %s", v, floor)
	}
	return ""
}
