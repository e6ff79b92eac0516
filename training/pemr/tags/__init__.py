"""Tags: linear heads, their calibration, the teacher, labels of people, fitting to one library."""
