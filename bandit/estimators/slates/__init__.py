"""What another policy would have earned with several ads on a page. One file an estimator; functions of `Slates`.

All estimate the mean over decisions of the sum of their slots' rewards, and give `Terms` with one row a decision.
"""
