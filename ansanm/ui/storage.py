"""Static files: compressed, named by their hash, cached for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

# What the pages use of the npm packages, whose folders hold every build of their library.
VENDORED = {
    "vendor/bootstrap/css/bootstrap.min.css",
    "vendor/bootstrap/js/bootstrap.bundle.min.js",
    "vendor/htmx/htmx.min.js",
}


class StaticStorage(CompressedManifestStaticFilesStorage):
    # Tests and a first run before collectstatic have no manifest: they use the plain names.
    manifest_strict = False
    # Only url() and @import are rewritten: the source map that a vendored file names is not served,
    # and Django would refuse to collect the file without it.
    patterns = (
        (
            "*.css",
            (
                r"""(?P<matched>url\(['"]{0,1}\s*(?P<url>.*?)["']{0,1}\))""",
                (r"""(?P<matched>@import\s*["']\s*(?P<url>.*?)["'])""", """@import url("%(url)s")"""),
            ),
        ),
    )

    def post_process(self, paths, dry_run=False, **options):
        used = {
            name: place for name, place in paths.items() if not name.startswith("vendor/") or name in VENDORED
        }
        yield from super().post_process(used, dry_run=dry_run, **options)

    def stored_name(self, name):
        return super().stored_name(name) if self.hashed_files else name
