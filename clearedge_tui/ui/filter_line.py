"""The `/` line: filters while you type. The input widget is made when it is first needed."""

from textual import events
from textual.message import Message
from textual.widget import Widget


class FilterLine(Widget):
    """Hidden until opened. Posts `Changed` with every letter."""

    class Changed(Message):
        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self, hint: str) -> None:
        super().__init__(classes="filter")
        self._hint = hint
        self.display = False

    def open(self, words: str) -> None:
        """Show the line with what it held and take the keyboard."""
        from textual.widgets import Input  # costs time that the first frame should not pay

        self.display = True
        found = self.query(Input)
        if found:
            found.first().value = words
            found.first().focus()
            return
        line = Input(words, placeholder=self._hint, compact=True, select_on_focus=False)
        self.mount(line)
        line.focus()

    def shut(self) -> None:
        self.display = False
        self.screen.query_one(".main").focus()

    def on_input_changed(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Changed(str(getattr(event, "value", ""))))

    def on_input_submitted(self, event: Message) -> None:
        event.stop()
        self.shut()

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.post_message(self.Changed(""))
            self.shut()
