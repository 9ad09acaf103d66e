"""The demonstration: invented people and studies made by our own code, sent over the network.

Owns no table and publishes no event. Every person, number and finding here is invented; rows made
from it carry `demonstration` and never mix with real ones.
"""
