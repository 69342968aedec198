# sluice_embed(LAYER SYMBOL GLOB...): puts files into the layer's library as `const struct embedded_file SYMBOL[]`
# and `const size_t SYMBOL_len`, in the order of their names, as include/base/embedded.h declares them.
function(sluice_embed layer symbol)
    if(NOT TARGET sluice_${layer})
        return()
    endif()
    list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/ OUTPUT_VARIABLE globs)
    file(GLOB files CONFIGURE_DEPENDS ${globs})
    list(SORT files COMPARE NATURAL)
    set(output ${SLUICE_GENERATED}/${symbol}.gen.c)
    add_custom_command(OUTPUT ${output}
        COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/script/embed ${symbol} ${output} ${files}
        DEPENDS ${CMAKE_SOURCE_DIR}/script/embed ${files}
        COMMENT "Embedding ${symbol}" VERBATIM)
    target_sources(sluice_${layer} PRIVATE ${output})
endfunction()
