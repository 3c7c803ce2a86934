from pages._shared import widgets

widgets.page_header("Overview", "Nothing <b>yet</b>")
