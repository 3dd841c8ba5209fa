"""stub"""
BASELINES = {}
class PerQueue:
    def __init__(self, make): ...
