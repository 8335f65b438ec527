package formula

type Error struct {
	Msg    string
	Column int
}

func As(err error) (*Error, bool) { return nil, false }
