# The ratio of each case, in-tree by ours: gnuplot -e "csv='...'; svg='...'" bench/report.gp
set terminal svg size 900,1500 font "sans,11" background "white"
set output svg
set datafile separator comma
set title "Instructions: in-tree by ours (right of the line: fewer with openvfio)"
set logscale x 10
set yrange [*:*] reverse
set offsets 0, 0, 1, 1
set grid x
set key top right
set arrow from 1, graph 0 to 1, graph 1 nohead lw 2 lc rgb "#444444"
plot csv every ::1 using (($6 + 1) / 2):0:($6 < 1 ? $6 : 1):($6 < 1 ? 1 : $6):($0 - 0.35):($0 + 0.35):ytic(1) \
		with boxxyerror fillstyle solid 0.8 noborder lc rgb "#3377bb" title "ratio", \
	csv every ::1 using ($8 > 0 ? $8 : NaN):0 with points pt 2 lc rgb "#cc3311" title "goal"
