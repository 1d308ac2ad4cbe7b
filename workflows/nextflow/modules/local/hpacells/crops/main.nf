process HPACELLS_CROPS {
    tag "${meta.id} ${shard}/${shards}"
    label 'process_medium'
    container "${params.container}"

    input:
    tuple val(meta), val(shard), val(shards), path(part, stageAs: 'part'), path(images, stageAs: 'images')

    output:
    tuple val(meta), val(shard), path("work/shards/${shard}-of-${shards}"), emit: part
    path "versions.yml", emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    """
    # Links, so that the task before keeps its results as they are; hpacells never writes into a file that is there.
    mkdir -p work/shards/${shard}-of-${shards}
    cp -Rl --preserve=timestamps part/. work/shards/${shard}-of-${shards} \\
        || cp -R --preserve=timestamps part/. work/shards/${shard}-of-${shards}
    hpacells crops images --work work --shard ${shard}/${shards} --allow-failed ${args}

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        hpacells: \$(hpacells --version | sed "s/hpacells //")
    END_VERSIONS
    """

    stub:
    """
    mkdir -p work/shards/${shard}-of-${shards}
    touch work/shards/${shard}-of-${shards}/crops.json

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        hpacells: \$(hpacells --version | sed "s/hpacells //")
    END_VERSIONS
    """
}
