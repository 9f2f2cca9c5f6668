"""Who may see what: `guard` lets requests in, `login` is the form, `rules` says what each route asks for.

`viewer` says who is asking, `audit` writes down what they changed.
"""

from dashboard.web.access import sso as sso  # its routes belong to the blueprint
from dashboard.web.access.guard import register
from dashboard.web.access.login import blueprint
from dashboard.web.access.viewer import Viewer, may_see, name, only, viewer

__all__ = ["Viewer", "blueprint", "may_see", "name", "only", "register", "viewer"]
