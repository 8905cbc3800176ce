"""setsid for hosts that have none: new_session.py COMMAND..."""
import os
import sys

os.setsid()
os.execvp(sys.argv[1], sys.argv[1:])
