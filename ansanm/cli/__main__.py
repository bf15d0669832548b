from ansanm.cli import main

raise SystemExit(main())
