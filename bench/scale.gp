# Cost against work: gnuplot -e "csv='...'; dir='...'" bench/scale.gp
set terminal svg size 800,480 font "sans,11" background "white"
set datafile separator comma
set grid
set key outside right
series(name) = sprintf("< grep '^%s,' %s", name, csv)
set logscale x 2

layouts = "4k-scattered 4k-runs 4k-ordered hugetlb thp"
set logscale y 10
set ylabel "instructions per page of 4 KiB"
set xlabel "size of the mapping, MiB"
do for [call in "map unmap"] {
	set output sprintf("%s/%s-by-size.svg", dir, call)
	set title sprintf("%s: a page in mappings of any size", call)
	plot for [i = 1:words(layouts)] series(sprintf("size-%s-%s", call, word(layouts, i))) \
			using 2:3 with linespoints lc i pt 7 ps 0.5 lw 2 title word(layouts, i), \
		for [i = 1:words(layouts)] series(sprintf("size-%s-%s", call, word(layouts, i))) \
			using 2:4 with lines lc i dt 2 title word(layouts, i)." in-tree"
}

unset logscale y
set logscale x 10
set yrange [0:*]
set ylabel "instructions"
set xlabel "mappings of a page in the container"
set output dir."/by-mappings.svg"
set title "a mapping beside many"
calls = "live-map live-unmap count-unmap-all"
names = "'map one' 'unmap one' 'UNMAP\\_ALL, per mapping'"
plot for [i = 1:words(calls)] series(word(calls, i)) \
		using 2:3 with linespoints lc i pt 7 ps 0.5 lw 2 title word(names, i), \
	for [i = 1:words(calls)] series(word(calls, i)) \
		using 2:4 with lines lc i dt 2 title word(names, i)." in-tree"

unset logscale x
set xlabel "groups in the container"
set output dir."/attach-by-groups.svg"
set title "one more group in a container"
plot series("groups-attach") using 2:3 with lines lc 1 lw 2 title "ours", \
	series("groups-attach") using 2:4 with lines lc 1 dt 2 title "in-tree"

set ylabel "instructions per page of 4 KiB"
set output dir."/page-by-groups.svg"
set title "a page, with one domain for many groups"
plot series("groups-map") using 2:3 with linespoints lc 1 pt 7 ps 0.5 lw 2 title "map", \
	series("groups-map") using 2:4 with lines lc 1 dt 2 title "map in-tree", \
	series("groups-unmap") using 2:3 with linespoints lc 2 pt 7 ps 0.5 lw 2 title "unmap", \
	series("groups-unmap") using 2:4 with lines lc 2 dt 2 title "unmap in-tree"

set xlabel "threads, each with a container of its own, on one CPU"
set output dir."/page-by-threads.svg"
set title "a page mapped and unmapped: the work of all threads by the pages of all"
plot series("threads") using 2:3 with linespoints lc 1 pt 7 ps 0.5 lw 2 title "ours", \
	series("threads") using 2:4 with lines lc 1 dt 2 title "in-tree"
