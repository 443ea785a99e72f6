"""Deployment settings, from the environment alone; refused at start when wrong. Each is in docs/settings.md."""

from pathlib import Path

from hausmeister.base import env, log
from hausmeister.base.env import Environment

ENVIRONMENT = Environment()
_read = ENVIRONMENT

BASE_DIR = Path(__file__).resolve().parent

# ---- the names that other tools rely on ----
HAUSMEISTER_DATA = _read.folder("HAUSMEISTER_DATA", "var")
HAUSMEISTER_BASE_URL = env.bare("HAUSMEISTER_BASE_URL", _read.url("HAUSMEISTER_BASE_URL", "http://localhost:8000"))
HAUSMEISTER_LOG_LEVEL = _read.one_of("HAUSMEISTER_LOG_LEVEL", ("debug", "info", "warning", "error"), "info")
HAUSMEISTER_EMAIL = env.mail_server(_read.text("HAUSMEISTER_EMAIL_URL"))
HAUSMEISTER_EMAIL_FROM = env.mailbox(
    "HAUSMEISTER_EMAIL_FROM", _read.text("HAUSMEISTER_EMAIL_FROM", "Hausmeister <hausmeister@localhost>")
)
HAUSMEISTER_MAILBOX = env.mail_folder(_read.text("HAUSMEISTER_MAILBOX_URL"))
HAUSMEISTER_MAILBOX_ADDRESS = env.address(
    "HAUSMEISTER_MAILBOX_ADDRESS",
    _read.text("HAUSMEISTER_MAILBOX_ADDRESS"),
    is_needed=HAUSMEISTER_MAILBOX is not None,
)
HAUSMEISTER_MAILBOX_VOUCHED_BY = _read.text("HAUSMEISTER_MAILBOX_VOUCHED_BY").strip().lower()

# ---- channels ----
HAUSMEISTER_SLACK_TOKEN = _read.text("HAUSMEISTER_SLACK_TOKEN")
HAUSMEISTER_SLACK_URL = _read.url("HAUSMEISTER_SLACK_URL", "https://slack.com/api")
HAUSMEISTER_SLACK_APP_TOKEN = _read.text("HAUSMEISTER_SLACK_APP_TOKEN")
HAUSMEISTER_SLACK_SIGNING_SECRET = _read.secrets("HAUSMEISTER_SLACK_SIGNING_SECRET", least=16)
HAUSMEISTER_MATRIX_URL = _read.url("HAUSMEISTER_MATRIX_URL")
HAUSMEISTER_MATRIX_TOKEN = _read.text("HAUSMEISTER_MATRIX_TOKEN")
if not HAUSMEISTER_MATRIX_URL:
    HAUSMEISTER_MATRIX_TOKEN = ""
HAUSMEISTER_CHAT = _read.one_of("HAUSMEISTER_CHAT", ("slack", "matrix"), "slack")
if not (HAUSMEISTER_SLACK_TOKEN if HAUSMEISTER_CHAT == "slack" else HAUSMEISTER_MATRIX_TOKEN):
    HAUSMEISTER_CHAT = ""
# whether we hear the chat, and not only write into it: buttons, commands and the inbox need that
HAUSMEISTER_CHAT_HEARS = HAUSMEISTER_CHAT == "matrix" or bool(
    HAUSMEISTER_CHAT and (HAUSMEISTER_SLACK_APP_TOKEN or HAUSMEISTER_SLACK_SIGNING_SECRET)
)
HAUSMEISTER_OPSGENIE_KEY = _read.text("HAUSMEISTER_OPSGENIE_KEY")
HAUSMEISTER_OPSGENIE_URL = env.somebody_else(
    "HAUSMEISTER_OPSGENIE_URL",
    _read.url("HAUSMEISTER_OPSGENIE_URL", "https://api.opsgenie.com"),
    ourselves=HAUSMEISTER_BASE_URL,
)
HAUSMEISTER_OPSGENIE_HOOK_SECRET = _read.secret("HAUSMEISTER_OPSGENIE_HOOK_SECRET", least=24)
HAUSMEISTER_NTFY_URL = _read.url("HAUSMEISTER_NTFY_URL", "https://ntfy.sh")

# ---- monitoring ----
HAUSMEISTER_RIEMANN = _read.shards("HAUSMEISTER_RIEMANN")
HAUSMEISTER_RIEMANN_TLS = env.certificate(
    "HAUSMEISTER_RIEMANN_TLS",
    _read.words("HAUSMEISTER_RIEMANN_TLS"),
    is_needed=any(one.tls for one in HAUSMEISTER_RIEMANN),
)
HAUSMEISTER_RIEMANN_READ = _read.sources("HAUSMEISTER_RIEMANN_READ")
HAUSMEISTER_AIRFLOW_URL = _read.url("HAUSMEISTER_AIRFLOW_URL")
HAUSMEISTER_AIRFLOW_USER = _read.text("HAUSMEISTER_AIRFLOW_USER")
HAUSMEISTER_AIRFLOW_PASSWORD = _read.text("HAUSMEISTER_AIRFLOW_PASSWORD")

# ---- trackers ----
HAUSMEISTER_GITHUB_TOKEN = _read.text("HAUSMEISTER_GITHUB_TOKEN")
HAUSMEISTER_GITHUB_URL = _read.url("HAUSMEISTER_GITHUB_URL", "https://api.github.com")
HAUSMEISTER_GITHUB_WEBHOOK_SECRET = _read.secret("HAUSMEISTER_GITHUB_WEBHOOK_SECRET", least=24)
HAUSMEISTER_GITLAB_TOKEN = _read.text("HAUSMEISTER_GITLAB_TOKEN")
HAUSMEISTER_GITLAB_URL = _read.url("HAUSMEISTER_GITLAB_URL", "https://gitlab.com")
HAUSMEISTER_GITLAB_WEBHOOK_SECRET = _read.secret("HAUSMEISTER_GITLAB_WEBHOOK_SECRET", least=24)
HAUSMEISTER_TRACKERS = tuple(
    name for name, token in (("github", HAUSMEISTER_GITHUB_TOKEN), ("gitlab", HAUSMEISTER_GITLAB_TOKEN)) if token
)

# ---- outgoing connections to addresses that people type ----
HAUSMEISTER_OUTGOING_ALLOW = _read.networks("HAUSMEISTER_OUTGOING_ALLOW")
HAUSMEISTER_OUTGOING_PORTS = _read.ports("HAUSMEISTER_OUTGOING_PORTS")

# ---- operation ----
HAUSMEISTER_POLICY = _read.text("HAUSMEISTER_POLICY")
HAUSMEISTER_CALENDAR_MINUTES = _read.whole_number("HAUSMEISTER_CALENDAR_MINUTES", 30, least=5, most=1440)
HAUSMEISTER_WATCHER_URL = _read.url("HAUSMEISTER_WATCHER_URL")
HAUSMEISTER_TRUSTED_PROXIES = _read.networks("HAUSMEISTER_TRUSTED_PROXIES")
HAUSMEISTER_SECRET_KEYS = _read.secret_keys("HAUSMEISTER_SECRET_KEYS")

DATABASES = {"default": env.database(_read.text("DATABASE_URL"), data=HAUSMEISTER_DATA)}

# The keys that sign sessions and links; the first signs, all are accepted. `secret_keys.py` makes the file.
SECRET_KEY_FILE = HAUSMEISTER_DATA / "secret-key"
_keys = HAUSMEISTER_SECRET_KEYS or env.kept_secret_keys(SECRET_KEY_FILE)
SECRET_KEY, SECRET_KEY_FALLBACKS = _keys[0], list(_keys[1:])

# ---- Django ----
DEBUG = False
ALLOWED_HOSTS = env.hosts_of(HAUSMEISTER_BASE_URL)
IS_HTTPS = HAUSMEISTER_BASE_URL.startswith("https://")
ROOT_URLCONF = "hausmeister.urls"
WSGI_APPLICATION = None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "team.Person"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = True

INSTALLED_APPS = [
    # first, so that its templates come before those of allauth
    "hausmeister.web",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "django_htmx",
    "ninja",
    "hausmeister.journal",
    "hausmeister.outbox",
    "hausmeister.team",
    "hausmeister.familiarity",
    "hausmeister.rota",
    "hausmeister.pager",
    "hausmeister.issues",
    "hausmeister.incidents",
    "hausmeister.alerts",
    "hausmeister.monitoring",
    "hausmeister.handoff",
    "hausmeister.runbooks",
    "hausmeister.answers",
    "hausmeister.triage",
    "hausmeister.chat",
    "hausmeister.mailbox",
]

MIDDLEWARE = [
    "hausmeister.web.middleware.numbered",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # tokens against forgery are masked anew in each answer, so compressing them gives nothing away
    "django.middleware.gzip.GZipMiddleware",
    "hausmeister.web.middleware.plain_cookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hausmeister.web.middleware.session_ages",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hausmeister.web.navigation.shell",
            ],
            "builtins": ["hausmeister.web.templatetags.house"],
        },
    }
]

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# counters of failed sign-ins live in the database, so that every node shares them (S18); with Django's limit
# of 300 entries a flood of addresses would push the counters out
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "hausmeister_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

# ---- signing in (S17, S18): closed sign-up, by e-mail address; people come by invitation ----
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "hausmeister.web.accounts.Adapter"
ACCOUNT_FORMS = {
    "login": "hausmeister.web.accounts.SignInForm",
    "reset_password": "hausmeister.web.accounts.ForgottenForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_RATE_LIMITS = {"login_failed": "20/10m/ip,5/5m/key"}
# nothing is handed to a mail server inside a request: it goes through the outbox (rule 2)
EMAIL_BACKEND = "hausmeister.web.mail.OutboxBackend"
DEFAULT_FROM_EMAIL = HAUSMEISTER_EMAIL_FROM

# ---- cookies (S20, S21) ----
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
SESSION_COOKIE_SECURE = IS_HTTPS
# idle time; the absolute one is kept by web/middleware.py
SESSION_COOKIE_AGE = 12 * 3600
SESSION_SAVE_EVERY_REQUEST = False
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [HAUSMEISTER_BASE_URL]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "hausmeister.web.screens.errors.forged"
# the one place that sets security headers also serves the intake (web/headers.py)
SECURE_CONTENT_TYPE_NOSNIFF = False
SECURE_REFERRER_POLICY = None
SECURE_CROSS_ORIGIN_OPENER_POLICY = None

# ---- static files: gathered once for each version at start (web/assets.py), named by their content ----
STATIC_URL = "/static/"
STATIC_ROOT = HAUSMEISTER_DATA / "static"
STATICFILES_FINDERS = [
    "hausmeister.web.assets.Bundles",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {"staticfiles": {"BACKEND": "hausmeister.web.assets.Storage"}}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# no other site may read anything of ours, not even a style sheet (S26)
WHITENOISE_ALLOW_ALL_ORIGINS = False

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = log.configure(HAUSMEISTER_LOG_LEVEL)
