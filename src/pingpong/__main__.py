"""Starts the command line."""


def main() -> None:
    """Run the program."""


if __name__ == "__main__":
    main()
