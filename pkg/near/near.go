// Package near measures how far a mistyped word is from one that exists. It is a leaf: what is done with the
// answer, and how far is too far, is the caller's business.
package near

// Distance is the Levenshtein distance of two words in characters: how many must be put in, left out or changed
// to make one the other.
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			above := row[j]
			row[j] = min(row[j]+1, row[j-1]+1, diagonal+cost)
			diagonal = above
		}
	}
	return row[len(y)]
}
