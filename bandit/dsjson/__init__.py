"""The log as dsjson, the lines of Vowpal Wabbit's decision service: written here, and read here, not by VW's parser."""
