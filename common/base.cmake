# What every part of Ringback stands on: settings, the probe, the counters, the log. Knows neither loops nor hooks, so
# that the command line tool is built from the same code as the preloaded objects.
add_library(ringback-base STATIC
  ${CMAKE_CURRENT_LIST_DIR}/caps.c
  ${CMAKE_CURRENT_LIST_DIR}/config.c
  ${CMAKE_CURRENT_LIST_DIR}/cpus.c
  ${CMAKE_CURRENT_LIST_DIR}/fdstate.c
  ${CMAKE_CURRENT_LIST_DIR}/log.c
  ${CMAKE_CURRENT_LIST_DIR}/nearest.c
  ${CMAKE_CURRENT_LIST_DIR}/odds.c
  ${CMAKE_CURRENT_LIST_DIR}/stats.c)
set_target_properties(ringback-base PROPERTIES POSITION_INDEPENDENT_CODE ON)
# For "..." only: by -I this directory's poll.h would stand in for <poll.h>.
target_compile_options(ringback-base PUBLIC "SHELL:-iquote ${CMAKE_CURRENT_LIST_DIR}")
target_include_directories(ringback-base PUBLIC ${CMAKE_CURRENT_LIST_DIR}/../include)
target_include_directories(ringback-base SYSTEM PUBLIC ${LIBURING_INCLUDE})
target_link_libraries(ringback-base PUBLIC ringback-flags ${LIBURING_ARCHIVE})
