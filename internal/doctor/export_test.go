package doctor

// JudgeArchive and JudgeSpace are judgeArchive and judgeSpace.
var (
	JudgeArchive = judgeArchive
	JudgeSpace   = judgeSpace
)
